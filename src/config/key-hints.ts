// What to write instead of a key that is not known: a slip of the fingers, a key that stands elsewhere, a word of another gateway.

import { type JsonSchema, jsonSchema } from './json-schema.ts'
import { nearest } from './suggest.ts'

/** What stands behind `unknown key "x"`, or nothing. `known` are the keys that would have been right there. */
export function keyHint(written: string, known: readonly string[]): string {
  const wide = known.length >= WIDE
  const elsewhere = (homes().get(written) ?? []).filter((place) => wide || !place.startsWith(FILTER))
  const likely = wide && elsewhere.some(isWide) ? elsewhere.filter(isWide) : elsewhere
  if (likely.length === 1 || (wide && likely.length === 2)) return `; it is a key of ${likely.join(' and of ')}`
  const near = nearest(written, known)
  const word = FOREIGN.get(plain(written))
  if (near === null && word !== undefined) return `; ${word}`
  const meant = near ?? partOf(written, known)
  return meant === null ? '' : `; did you mean "${meant}"?`
}

/** Keys of a block in which anything may have been looked for: a listener, a route, an upstream, the top. */
const WIDE = 10

/** In front of the name of a filter. */
const FILTER = 'the filter '

const isWide = (place: string): boolean => !place.includes(' ')

/** The longest known key that is a word of what is written, as `health` of `healthCheck`. */
function partOf(written: string, known: readonly string[]): string | null {
  const words = ` ${written
    .slice(0, 64)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll(/[-_.]/g, ' ')} `.toLowerCase()
  const inside = known.filter((key) => words.includes(` ${key.toLowerCase()} `))
  return inside.sort((a, b) => b.length - a.length)[0] ?? null
}

let found: ReadonlyMap<string, readonly string[]> | null = null

/** Where each key stands: blocks by the name of their list or block at the top, and blocks within these. */
function homes(): ReadonlyMap<string, readonly string[]> {
  if (found !== null) return found
  const all = new Map<string, string[]>()
  const add = (node: JsonSchema | undefined, place: string, deeper: boolean): void => {
    for (const [key, inner] of Object.entries(blockOf(node)?.properties ?? {})) {
      all.set(key, [...(all.get(key) ?? []), place])
      const list = inner.items?.properties === undefined ? inner : inner.items
      if (deeper) add(list, place === 'filters' ? `${FILTER}${key}` : `${key} of ${place}`, false)
    }
  }
  const { listeners, routes, upstreams } = jsonSchema().properties ?? {}
  add(listeners?.items, 'listeners', true)
  add(routes?.items, 'routes', true)
  add(routes?.items?.properties?.filters?.items, 'filters', true)
  if (typeof upstreams?.additionalProperties === 'object') add(upstreams.additionalProperties, 'upstreams', true)
  found = all
  return all
}

/** The block, also where it is one of several forms. */
function blockOf(node: JsonSchema | undefined): JsonSchema | undefined {
  return node?.properties === undefined ? node?.anyOf?.find(({ properties }) => properties !== undefined) : node
}

const plain = (written: string): string => written.slice(0, 64).replaceAll(/[-_]/g, '').toLowerCase()

/** What other gateways call it, in small letters without - and _. */
const FOREIGN: ReadonlyMap<string, string> = new Map(
  (
    [
      ['`bind` says where a listener listens', 'listen', 'port'],
      ['`to` of a route names its upstream', 'proxypass', 'service', 'services', 'backend', 'backends', 'cluster', 'pass'],
      [
        'endpoints are written as discovery: { static: [127.0.0.1:9001] }',
        'servers',
        'server',
        'endpoints',
        'targets',
        'nodes',
      ],
      ['`match` says which requests a route takes', 'rule', 'rules', 'when', 'location'],
      ['`filters` of a route change and answer requests', 'middlewares', 'middleware'],
      ['`listeners` names where a route is served', 'entrypoints', 'gateways', 'parentrefs'],
      ['a route says `retry: { attempts: 2 }`', 'retries', 'numretries', 'maxretries', 'retrypolicy', 'proxynextupstream'],
      ['`ejection` of an upstream leaves out endpoints that fail', 'outlierdetection', 'maxfails', 'failtimeout'],
      ['`affinity` of a route keeps sessions', 'sticky', 'stickysessions', 'session', 'persistence', 'iphash'],
      ['`mirror` of a route sends copies', 'shadow', 'requestmirrorpolicies'],
      ['`balancer` of an upstream chooses endpoints', 'lbpolicy', 'algorithm', 'policy', 'strategy'],
      ['`failover` of an upstream lists who stands in', 'backup', 'fallback'],
      ['certificates are written as tls: { certificates: [{ cert: PATH, key: PATH }] }', 'ssl', 'sslcertificate', 'pem'],
      ['`verify: false` takes any certificate', 'insecureskipverify', 'insecure', 'skipverify', 'sslverify', 'proxysslverify'],
      ['the name sent and looked for is `serverName`', 'sni', 'proxysslname', 'hostname'],
      ['tls of a listener has clientAuth: { mode: require, ca: PATH }', 'mtls', 'sslverifyclient', 'requireclientcertificate'],
      ['connectTimeout is in `connection` of the upstream', 'connect'],
      ['`attempt` waits for an answer, `idle` for each piece of it', 'read', 'readtimeout', 'proxyreadtimeout', 'response'],
      ['`share` says how many, such as 10%', 'percent', 'percentage', 'fraction', 'ratio'],
      ['`after` says how long to wait', 'wait'],
      ['`after` says how long to wait', 'delay', 'wait'],
      ['`attempts` counts the tries after the first', 'count', 'times', 'tries', 'num'],
      ['`errorPercent` of the attempts in `window`, at least `minimumRequests` of them, open it', 'threshold', 'failures'],
      ['a block is switched off by the word off in its place', 'enabled', 'disabled', 'enable', 'disable'],
      ['protocol: h2 of an upstream carries gRPC', 'grpc', 'h2c'],
    ] as const
  ).flatMap(([words, ...foreign]): [string, string][] => foreign.map((word) => [word, words])),
)
