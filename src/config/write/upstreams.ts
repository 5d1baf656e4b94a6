// `upstreams` back in the form in which they are written.

import type { BreakerConfig } from '../breaker-schema.ts'
import type { HealthConfig } from '../health-schema.ts'
import type {
  AdaptiveConfig,
  BalancerConfig,
  ConnectionConfig,
  DiscoveryConfig,
  EjectionConfig,
  StaticEndpoint,
  UpstreamConfig,
  UpstreamLimits,
  UpstreamTlsConfig,
} from '../model.ts'
import { upstreamSchema } from '../upstream-schema.ts'
import { inside, type Keys, type Written, writeBlock } from './block.ts'
import type { Places } from './files.ts'
import { writeHashKey } from './routes.ts'
import { duration, given, or, same, share } from './values.ts'

const DEFAULT = upstreamSchema.parse({ discovery: { static: [] } })
const BLOCKS = upstreamSchema.parse({ discovery: { static: [] }, tls: {}, health: {}, breaker: {}, adaptive: {} })

const ENDPOINT: Keys<StaticEndpoint> = { address: same, weight: same, priority: same, zone: given, labels: same }
const DEFAULT_ENDPOINT = { weight: 1, priority: 0, zone: null, labels: {} }

const CONNECTION: Keys<ConnectionConfig> = {
  connectTimeout: duration,
  keepAlive: or('off', duration),
  maxIdlePerEndpoint: same,
  maxRequests: or('off', same),
  tcpKeepAlive: or('off', duration),
}

const LIMITS: Keys<UpstreamLimits> = { connections: same, pending: same, requests: same, pendingTimeout: duration }

const EJECTION: Keys<EjectionConfig> = {
  consecutiveErrors: same,
  errorPercent: same,
  minimumRequests: same,
  window: duration,
  latencyFactor: or('off', same),
  baseTime: duration,
  maxTime: duration,
  maxPercent: same,
  on: same,
}

const HEALTH: Keys<HealthConfig> = {
  type: same,
  path: same,
  service: same,
  port: given,
  host: given,
  tls: same,
  expect: (ranges) => ranges.map(([from, to]) => `${from}-${to}`),
  interval: duration,
  jitter: share,
  timeout: duration,
  healthy: same,
  unhealthy: same,
  initial: same,
}

const BREAKER: Keys<BreakerConfig> = {
  errorPercent: same,
  window: duration,
  minimumRequests: same,
  resetAfter: duration,
  // Follows from `ejection`.
  on: () => undefined,
}

const ADAPTIVE: Keys<AdaptiveConfig> = { minLimit: same, maxLimit: same }

function writeEndpoint(endpoint: StaticEndpoint): unknown {
  const written = writeBlock(endpoint, ENDPOINT, DEFAULT_ENDPOINT)
  return Object.keys(written).length === 1 ? endpoint.address : written
}

function writeDiscovery(discovery: DiscoveryConfig): Written {
  if ('static' in discovery) return { static: discovery.static.map(writeEndpoint) }
  if ('kubernetes' in discovery) return { kubernetes: discovery.kubernetes }
  const { name, port, type, refresh, resolver, local } = discovery.dns
  return {
    dns: {
      name,
      ...(port === null ? {} : { port }),
      type,
      refresh: refresh === null ? 'ttl' : duration(refresh),
      ...(resolver.length === 0 ? {} : { resolver }),
      ...(local ? {} : { local }),
    },
  }
}

function writeBalancer({ type, key, boundedLoad }: BalancerConfig): unknown {
  if (key === null && boundedLoad === null) return type
  return {
    type,
    ...(key === null ? {} : { key: writeHashKey(key) }),
    ...(boundedLoad === null ? {} : { boundedLoad: share(boundedLoad) }),
  }
}

function tlsKeys({ pem }: Places, at: string): Keys<UpstreamTlsConfig> {
  const file = (name: string) => (value: Parameters<Places['pem']>[0] | null) =>
    value === null ? undefined : pem(value, `${at}/${name}`)
  return { ca: file('ca'), serverName: given, sans: same, cert: file('cert'), key: file('key'), verify: same }
}

export function writeUpstream(name: string, upstream: UpstreamConfig, places: Places): Written {
  const keys: Keys<UpstreamConfig> = {
    discovery: writeDiscovery,
    protocol: same,
    tls: (tls) => given(tls && writeBlock(tls, tlsKeys(places, `upstreams/${name}/tls`), BLOCKS.tls ?? {})),
    proxyProtocol: or('off', same),
    host: same,
    balancer: writeBalancer,
    connection: inside(CONNECTION, DEFAULT.connection),
    limits: inside(LIMITS, DEFAULT.limits),
    slowStart: or('off', duration),
    zone: (zone) => (zone === null ? 'off' : { minimumShare: share(zone.minimumShare) }),
    priorities: ({ spill }) => ({ spill: share(spill) }),
    panic: share,
    health: or('off', inside(HEALTH, BLOCKS.health)),
    ejection: or('off', inside(EJECTION, DEFAULT.ejection)),
    breaker: or('off', inside(BREAKER, BLOCKS.breaker)),
    adaptive: or('off', inside(ADAPTIVE, BLOCKS.adaptive)),
    failover: same,
  }
  const { discovery: _discovery, ...defaults } = DEFAULT
  return writeBlock(upstream, keys, defaults)
}
