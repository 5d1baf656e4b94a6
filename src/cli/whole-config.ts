// The configuration that a command looks at: what a file says and, where that is asked for, what objects of Kubernetes come to with it,
// from a cluster or from files.

import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ClusterReading } from '../compile/cluster-reading.ts'
import { bringsConfiguration } from '../config/kubernetes-schema.ts'
import { loadConfig } from '../config/load.ts'
import type { GatewayConfig } from '../config/model.ts'
import { normalizeConfig } from '../config/parse.ts'
import { formatProblem } from '../config/problem.ts'
import { systemClock, systemRandom } from '../model/clock.ts'
import { Deadlines } from '../model/deadlines.ts'
import type { CommandIo } from './check.ts'
import { manifestFiles } from './manifest-files.ts'

export interface Asked {
  /** The configuration file; null = none: what Ingresses and Gateways come to by the defaults. */
  readonly file: string | null
  /** Ask the cluster, or the files; `where it says so`: where the configuration file has objects served. */
  readonly kubernetes: boolean | 'where it says so'
  /** Files and folders of objects; empty = the cluster. */
  readonly manifests: readonly string[]
}

export type Whole = Pick<ClusterReading, 'config' | 'endpoints' | 'reports'> & {
  /** null = no objects were looked at. */
  readonly origins: ClusterReading['origins'] | null
}

/** Where no file says more, for looking: each Gateway on the address that it asks for or shows, Ingresses where none of them is. */
const TO_LOOK_AT = {
  listeners: [
    { name: 'web', bind: '[::1]:80', protocol: 'http' },
    { name: 'secure', bind: '[::1]:443', protocol: 'https', tls: { certificates: [] } },
  ],
  kubernetes: { ingress: {}, gatewayApi: { addresses: { pool: ['10.0.0.0/8', '0.0.0.0/0', '::/0'] } } },
}

/** The same for listening. Gateways are where Ingresses (0.0.0.0) are not: both may have port 80. */
const TO_LISTEN_ON = { kubernetes: { ingress: {}, gatewayApi: { addresses: { shared: ['::1'] } } } }
/** Where there are no Ingresses. */
const GATEWAYS_ALONE = { kubernetes: { gatewayApi: { addresses: { shared: ['0.0.0.0'] } } } }

const PATIENCE_MS = 15_000

/** null = it cannot be had, and `err` was told why. */
export async function readWhole(asked: Asked, io: CommandIo, command: string): Promise<Whole | null> {
  const listening = command === 'export'
  const base = await readBase(asked, listening ? TO_LISTEN_ON : TO_LOOK_AT, io)
  if (base === null) return null
  const whole = await readOn(base, asked, io, command)
  if (whole === null || asked.file !== null || !listening) return whole
  const kinds = new Set(whole.reports.map(({ object }) => object.kind))
  if (!kinds.has('Gateway') || kinds.has('Ingress')) return whole
  return readOn(withUsualKubeconfig(configOf(GATEWAYS_ALONE), io.env), asked, io, command)
}

async function readOn(base: GatewayConfig, asked: Asked, io: CommandIo, command: string): Promise<Whole | null> {
  const nothing = { config: base, endpoints: new Map(), reports: [], origins: null }
  if (!asked.kubernetes) return nothing
  if (!bringsConfiguration(base.kubernetes)) {
    if (asked.kubernetes === 'where it says so') return nothing
    io.err(`headgate ${command}: neither kubernetes.ingress nor kubernetes.gatewayApi stands in ${asked.file}\n`)
    return null
  }
  try {
    return asked.manifests.length > 0 ? await fromFiles(base, asked.manifests, io) : await fromCluster(base, io)
  } catch (error) {
    io.err(`headgate ${command}: ${(error as Error).message}\n`)
    return null
  }
}

/** With endpoints that do not stand in it; none that is not known is waited for. */
export async function findEndpoints(config: GatewayConfig, io: CommandIo): Promise<ClusterReading['endpoints']> {
  if (Object.values(config.upstreams).every(({ discovery }) => 'static' in discovery)) return new Map()
  const { endpointsNow } = await import('../compile/endpoints-now.ts')
  return looking(io, (settings) => endpointsNow(config, settings))
}

async function readBase({ file }: Asked, without: object, { err, env }: CommandIo): Promise<GatewayConfig | null> {
  if (file === null) return withUsualKubeconfig(configOf(without), env)
  // Tests of the configuration that fail do not stop anybody who wants to know why.
  const loaded = await loadConfig(file, { env })
  if (!('errors' in loaded)) return loaded.config
  for (const error of loaded.errors) err(`${formatProblem(error)}\n`)
  return null
}

function configOf(written: object): GatewayConfig {
  const parsed = normalizeConfig(written)
  if ('errors' in parsed) throw new Error(parsed.errors.map(formatProblem).join('; '))
  return parsed.config
}

/** As kubectl does. */
function withUsualKubeconfig(config: GatewayConfig, env: CommandIo['env']): GatewayConfig {
  const usual = join(env.HOME ?? homedir(), '.kube', 'config')
  if (env.KUBECONFIG || env.KUBERNETES_SERVICE_HOST || config.kubernetes === null || !existsSync(usual)) return config
  return { ...config, kubernetes: { ...config.kubernetes, kubeconfig: usual } }
}

async function fromFiles(base: GatewayConfig, paths: readonly string[], { err }: CommandIo): Promise<Whole> {
  const { readClusterFiles } = await import('../compile/cluster-reading.ts')
  const { problems, ...reading } = readClusterFiles(base, await manifestFiles(paths))
  for (const problem of problems) err(`${formatProblem(problem)}\n`)
  return reading
}

async function fromCluster(base: GatewayConfig, io: CommandIo): Promise<Whole> {
  const { readCluster } = await import('../compile/cluster-reading.ts')
  return looking(io, (settings) => readCluster(base, settings))
}

async function looking<Result>(
  { err }: CommandIo,
  look: (settings: Parameters<typeof import('../compile/endpoints-now.ts').endpointsNow>[1]) => Promise<Result>,
): Promise<Result> {
  const { KubernetesLink } = await import('../compile/kubernetes-link.ts')
  const deadlines = new Deadlines(systemClock)
  deadlines.start()
  const link = new KubernetesLink({
    clock: systemClock,
    random: systemRandom,
    log: (level, message, { reason } = {}) => {
      if (level === 'error') err(`${message}${reason === undefined ? '' : `: ${reason}`}\n`)
    },
  })
  try {
    return await look({ deadlines, random: systemRandom, link, patienceMs: PATIENCE_MS })
  } finally {
    deadlines.stop()
  }
}
