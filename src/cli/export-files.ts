// The files of `headgate export`: a configuration that needs nobody else, and beside it its certificates, keys and secrets.

import { createHash, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { FoundEndpoints } from '../compile/endpoints-now.ts'
import type {
  DiscoveryConfig,
  GatewayConfig,
  ListenerConfig,
  PemConfig,
  RouteConfig,
  SecretConfig,
  StaticEndpoint,
  UpstreamConfig,
} from '../config/model.ts'
import type { Places } from '../config/write/files.ts'
import { writeConfig } from '../config/write/gateway.ts'
import { configText } from '../config/write/yaml.ts'

export interface ExportedFile {
  /** Below the folder. */
  readonly path: string
  readonly text: string
}

export interface Exported {
  readonly files: readonly ExportedFile[]
  /** What is not as it is in the gateway that was looked at, in sentences. */
  readonly doubts: readonly string[]
  readonly endpoints: number
}

export const CONFIG_FILE = 'headgate.yaml'

/** Rejects when a file that the configuration names cannot be read. `comment` stands on top of the configuration. */
export async function exportFiles(
  config: GatewayConfig,
  found: ReadonlyMap<string, FoundEndpoints>,
  comment: string,
): Promise<Exported> {
  const doubts: string[] = []
  const alone = standAlone(config, found, doubts)
  const files = new Map<string, string>()
  const secrets = await readSecrets(alone)
  const places: Places = { pem: pemPlaces(alone, files), secret: (secret, what) => secretPlace(secret, what, secrets, files) }
  const written = writeConfig(alone, places)
  for (const { path, package: name } of alone.plugins) doubts.push(`the plugin ${path ?? name} stays where it is`)
  const endpoints = Object.values(alone.upstreams).reduce((sum, { discovery }) => sum + staticOf(discovery).length, 0)
  const text = configText(written, comment)
  return { files: [{ path: CONFIG_FILE, text }, ...[...files].map(([path, text]) => ({ path, text }))], doubts, endpoints }
}

/** Nothing in it has to be asked for. */
function standAlone(config: GatewayConfig, found: ReadonlyMap<string, FoundEndpoints>, doubts: string[]): GatewayConfig {
  const upstreams = Object.fromEntries(
    Object.entries(config.upstreams).map(([name, upstream]) => [name, withEndpoints(name, upstream, found.get(name), doubts)]),
  )
  const listeners = config.listeners.filter((listener) => canListen(listener, doubts))
  const names = new Set(listeners.map(({ name }) => name))
  const routes = config.routes.flatMap((route) => onListeners(route, names))
  return { ...config, kubernetes: null, listeners, routes, upstreams }
}

function withEndpoints(
  name: string,
  upstream: UpstreamConfig,
  found: FoundEndpoints | undefined,
  doubts: string[],
): UpstreamConfig {
  const { discovery, tls } = upstream
  if ('static' in discovery) return upstream
  const { endpoints, trouble } = found ?? { endpoints: [], trouble: 'its endpoints are only known to a cluster' }
  if (trouble !== '') doubts.push(`upstream ${name}: ${trouble}`)
  const list = endpoints
    .filter(({ terminating }) => terminating !== true)
    .map(
      ({ address, weight, priority = 0, zone = null, labels = {} }): StaticEndpoint => ({
        address,
        weight,
        priority,
        zone,
        labels,
      }),
    )
  if (list.length === 0 && trouble === '') doubts.push(`upstream ${name} has no endpoint`)
  // Where nothing is said, the certificate is to have the name that DNS was asked for.
  const named = 'dns' in discovery && tls !== null && tls.serverName === null && tls.sans.length === 0
  return { ...upstream, discovery: { static: list }, tls: named ? { ...tls, serverName: discovery.dns.name } : tls }
}

const staticOf = (discovery: DiscoveryConfig): readonly StaticEndpoint[] => ('static' in discovery ? discovery.static : [])

/** TLS without a certificate is refused in a file: nobody could get in. */
function canListen({ name, tls }: ListenerConfig, doubts: string[]): boolean {
  if (tls === null || tls.certificates.length > 0) return true
  doubts.push(`the listener ${name} is left out: it has no certificate`)
  return false
}

function onListeners(route: RouteConfig, names: ReadonlySet<string>): RouteConfig[] {
  if (route.listeners.length === 0) return [route]
  const listeners = route.listeners.filter((name) => names.has(name))
  return listeners.length === 0 ? [] : [{ ...route, listeners }]
}

/** Pairs of a listener are called by the name in their certificate, everything else by where it stands. Equal texts are one file. */
function pemPlaces({ listeners }: GatewayConfig, files: Map<string, string>): Places['pem'] {
  const names = new Map<string, string>()
  for (const { name, tls } of listeners)
    for (const [index, { cert }] of (tls?.certificates ?? []).entries())
      names.set(`listeners/${name}/tls/certificates/${index}`, nameIn(cert))
  const known = new Map<string, string>()
  return ({ pem }, what) => {
    const digest = createHash('sha256').update(pem).digest('hex')
    const before = known.get(digest)
    if (before !== undefined) return before
    const [group, part] = [what.slice(0, what.lastIndexOf('/')), what.slice(what.lastIndexOf('/') + 1)]
    const name = names.get(group)
    const stem = name === undefined || name === '' ? plain(what.replace('/tls/', '/')) : plain(name)
    const path = free(files, `tls/${stem}`, part === 'key' ? '.key' : '.pem')
    files.set(path, pem.endsWith('\n') ? pem : `${pem}\n`)
    known.set(digest, path)
    return path
  }
}

/** '' = none. */
function nameIn({ pem }: PemConfig): string {
  try {
    const { subjectAltName = '', subject = '' } = new X509Certificate(pem)
    return /(?:DNS|IP Address):([^,\s]+)/.exec(subjectAltName)?.[1] ?? /CN=([^\n]+)/.exec(subject)?.[1] ?? ''
  } catch {
    return ''
  }
}

/** What can be a name of a file anywhere. */
function plain(name: string): string {
  return (
    name
      .replaceAll('*', '_')
      .replace(/[^\w.-]+/g, '-')
      .replace(/^[.-]+/, '')
      .slice(0, 100) || 'unnamed'
  )
}

function free(files: ReadonlyMap<string, string>, stem: string, ending: string): string {
  for (let i = 1; ; i++) {
    const path = `${stem}${i === 1 ? '' : `-${i}`}${ending}`
    if (!files.has(path)) return path
  }
}

/** Variables stay variables: what is in them is not the configuration's. */
function secretPlace(
  secret: SecretConfig,
  what: string,
  known: ReadonlyMap<string, string>,
  files: Map<string, string>,
): SecretConfig {
  if (typeof secret !== 'string' && 'env' in secret) return secret
  const path = free(files, `secrets/${plain(what)}`, '')
  files.set(path, typeof secret === 'string' ? secret : (known.get(secret.file) as string))
  return { file: path }
}

/** Of files that secrets stand in, by path. */
async function readSecrets({ admin, routes }: GatewayConfig): Promise<ReadonlyMap<string, string>> {
  const secrets = [
    admin?.token ?? null,
    ...routes.map(({ affinity }) => (affinity?.type === 'cookie' ? affinity.secret : null)),
  ]
  const paths = secrets.flatMap((secret) =>
    secret !== null && typeof secret !== 'string' && 'file' in secret ? [secret.file] : [],
  )
  return new Map(await Promise.all([...new Set(paths)].map(async (path) => [path, await readFile(path, 'utf8')] as const)))
}
