// `routes` back in the form in which they are written.

import type { AffinityConfig } from '../affinity-schema.ts'
import type {
  HashKeyConfig,
  HedgeConfig,
  MatchConfig,
  MirrorConfig,
  NamedMatchConfig,
  RetryConfig,
  RouteAccessConfig,
  RouteConfig,
  RouteTimeouts,
  WeightedUpstream,
} from '../model.ts'
import { routeSchema } from '../route-schema.ts'
import { inside, type Keys, type Written, writeBlock } from './block.ts'
import type { Places } from './files.ts'
import { writeFilters } from './filters.ts'
import { duration, given, or, same, share, size } from './values.ts'

const DEFAULT = routeSchema.parse({ name: 'x', to: 'x' })
const BLOCKS = routeSchema.parse({ name: 'x', to: 'x', retry: {}, hedge: {}, mirror: { upstream: 'x' } })
const { upstream: _upstream, ...DEFAULT_MIRROR } = BLOCKS.mirror[0] as MirrorConfig

const TIMEOUTS: Keys<RouteTimeouts> = {
  request: or('off', duration),
  attempt: or('off', duration),
  idle: or('off', duration),
  tunnel: or('off', duration),
}

const RETRY: Keys<RetryConfig> = {
  attempts: same,
  on: same,
  methods: same,
  backoff: ({ base, max }) => ({ base: duration(base), max: duration(max) }),
  budget: or('off', share),
  bodyBytes: size,
}

const HEDGE: Keys<HedgeConfig> = { after: duration, max: same }
const MIRROR: Keys<MirrorConfig> = { upstream: same, share, bodyBytes: size }

const ACCESS_LOG: Keys<Exclude<RouteAccessConfig, 'off'>> = {
  sample: (fraction) => given(fraction === null ? null : share(fraction)),
  slow: (ms) => given(ms === null || ms === 'off' ? ms : duration(ms)),
  fields: given,
}

const MATCH: Keys<MatchConfig> = {
  path: (path) => (path === null ? undefined : { [path.type]: path.value }),
  methods: same,
  headers: writeNamed,
  query: writeNamed,
  cookies: writeNamed,
}

const EMPTY_MATCH = { path: null, methods: [], headers: [], query: [], cookies: [] }

const WEIGHTED: Keys<WeightedUpstream> = { upstream: same, weight: same, labels: given, filters: writeFilters }

function writeNamed(matches: readonly NamedMatchConfig[]): Written {
  return Object.fromEntries(
    matches.map(({ name, match: { type, value } }) => [name, type === 'exact' ? value : { [type]: value }]),
  )
}

function writeTo(to: readonly WeightedUpstream[]): unknown {
  const [only] = to
  if (only === undefined) return undefined
  const plain = only.weight === 1 && only.labels === null && only.filters.length === 0
  if (to.length === 1 && plain) return only.upstream
  return to.map((each) => writeBlock(each, WEIGHTED, { labels: null, filters: [] }))
}

function writeAffinity(affinity: AffinityConfig, at: string, { secret }: Places): Written {
  if (affinity.type === 'header') return { header: affinity.name }
  const { name, ttl } = affinity
  const own = affinity.secret === null ? {} : { secret: secret(affinity.secret, `${at}/affinity/secret`) }
  return { cookie: name, ttl: ttl === null ? 'off' : duration(ttl), ...own }
}

export function writeHashKey(key: HashKeyConfig): Written {
  return { [key.type]: 'name' in key ? key.name : true }
}

export function writeRoute(route: RouteConfig, places: Places): Written {
  const keys: Keys<RouteConfig> = {
    name: same,
    listeners: same,
    hosts: same,
    match: (match) => match.map((each) => writeBlock(each, MATCH, EMPTY_MATCH)),
    filters: writeFilters,
    to: writeTo,
    priority: same,
    timeout: inside(TIMEOUTS, DEFAULT.timeout),
    retry: (retry) => given(retry && writeBlock(retry, RETRY, BLOCKS.retry ?? {})),
    hedge: or('off', inside(HEDGE, BLOCKS.hedge)),
    mirror: (mirrors) => mirrors.map((each) => writeBlock(each, MIRROR, DEFAULT_MIRROR)),
    websocket: same,
    upgrades: same,
    affinity: (affinity) => (affinity === null ? 'off' : writeAffinity(affinity, `routes/${route.name}`, places)),
    accessLog: (access) => (access === null || access === 'off' ? given(access) : writeBlock(access, ACCESS_LOG)),
    hash: (hash) => given(hash && writeHashKey(hash)),
  }
  const { name: _name, to: _to, ...defaults } = DEFAULT
  return writeBlock(route, keys, defaults)
}
