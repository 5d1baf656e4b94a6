// The normalised configuration: what every source produces and all that the rest of the gateway sees of it. Plain, readonly,
// JSON-serialisable data; every default is filled in, durations are milliseconds, sizes bytes, shares fractions, `off` null.

import type { z } from 'zod'
import type { AccessLogConfig, RouteAccessConfig } from './access-log-schema.ts'
import type { AffinityConfig } from './affinity-schema.ts'
import type { BreakerConfig } from './breaker-schema.ts'
import type { DnsConfig } from './discovery-schema.ts'
import type { FilterConfig } from './filters-schema.ts'
import type { HealthConfig } from './health-schema.ts'
import type { KubernetesConfig, KubernetesServiceConfig } from './kubernetes-schema.ts'
import type { OverloadConfig } from './overload-schema.ts'
import type { PluginConfig } from './plugin-schema.ts'
import type { gatewaySchema } from './schema.ts'
import type { TracingConfig } from './tracing-schema.ts'

/** The configuration as it is written in a file or handed to `createGateway`: every key that has a default may be left out. */
export type GatewayConfigInput = z.input<typeof gatewaySchema>

export type { AccessLogConfig, RouteAccessConfig } from './access-log-schema.ts'
export type { AffinityConfig } from './affinity-schema.ts'
export type { BreakerConfig } from './breaker-schema.ts'
export type { DnsConfig } from './discovery-schema.ts'
export type { FilterConfig } from './filters-schema.ts'
export type { HealthConfig } from './health-schema.ts'
export type { KubernetesConfig, KubernetesServiceConfig } from './kubernetes-schema.ts'
export type { PluginCode, PluginConfig, PluginFilterConfig } from './plugin-schema.ts'
export type { TracingConfig } from './tracing-schema.ts'

/** Never changed, nor is anything in it: what two configurations have in common may be the same objects. */
export interface GatewayConfig {
  /** Where this gateway is; null = not known. */
  readonly zone: string | null
  /** Number of data-plane processes; `auto` = one per available core, 0 = everything in one process. */
  readonly workers: number | 'auto'
  /** Reload when a configuration file changes. */
  readonly watch: boolean
  readonly drain: DrainConfig
  /** null = no admin API. */
  readonly admin: AdminConfig | null
  /** `auto`, `off` or the pseudonym that goes into `Via`. */
  readonly via: string
  /** Addresses and CIDRs. */
  readonly trustedProxies: readonly string[]
  readonly log: LogConfig
  /** null = none is written. */
  readonly accessLog: AccessLogConfig | null
  /** null = nobody traces. */
  readonly tracing: TracingConfig | null
  /** null = nothing is refused for the gateway's own sake. */
  readonly overload: OverloadConfig | null
  readonly errors: { readonly detail: 'full' | 'minimal' }
  readonly plugins: readonly PluginConfig[]
  readonly listeners: readonly ListenerConfig[]
  /** In the order written. */
  readonly routes: readonly RouteConfig[]
  /** By name. Look up with `Object.hasOwn`: a name may be that of an inherited property. */
  readonly upstreams: Readonly<Record<string, UpstreamConfig>>
  /** null = no Kubernetes; never null where an upstream is discovered by it. */
  readonly kubernetes: KubernetesConfig | null
  /** Checked before the configuration comes into force. */
  readonly tests: readonly TestConfig[]
}

export interface TestConfig {
  readonly name: string | null
  readonly request: { readonly method: string; readonly url: string; readonly headers: Readonly<Record<string, string>> }
  /** null = anything. */
  readonly expect: {
    readonly route: string | null
    readonly upstream: string | null
    readonly status: number | null
    readonly headers: Readonly<Record<string, string>>
  }
}

export interface DrainConfig {
  /** The longest that running exchanges may take to finish. */
  readonly timeout: number
  /** How long new connections are still accepted after `/ready` has turned 503. */
  readonly delay: number
}

export interface AdminConfig {
  /** One address, as a listener's. */
  readonly bind: string
  readonly readOnly: boolean
  /** Names that are accepted in Host besides the bound one; lower case. */
  readonly hosts: readonly string[]
  /** null = no token is asked for. */
  readonly token: SecretConfig | null
}

/** A secret: itself, or where it stands. The path of a file is absolute when it came from a configuration file. */
export type SecretConfig = string | { readonly env: string } | { readonly file: string }

export interface LogConfig {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly format: 'json' | 'text'
}

export interface ListenerConfig {
  readonly name: string
  /** `ip:port`, `[v6]:port`, `name:port` or `unix:/path`, as written; at least one. */
  readonly bind: readonly string[]
  /** Lower case, without trailing dot; `*.example.org` matches any depth below. Empty = all. */
  readonly hosts: readonly string[]
  /** `tls`: bytes by the name that is asked for; passed through, or with `tls` as what has been decrypted. */
  readonly protocol: 'http' | 'https' | 'tls' | 'tcp'
  readonly proxyProtocol: 'off' | 'accept' | 'require'
  /** null = nothing is decrypted; never with `https`. */
  readonly tls: ListenerTlsConfig | null
  readonly paths: PathsConfig
  readonly clientClose: 'abort' | 'answer'
  readonly limits: ListenerLimits
  readonly timeouts: ListenerTimeouts
  readonly http2: boolean
  readonly http2Limits: Http2Limits
}

export interface Http2Limits {
  readonly concurrentStreams: number
  /** Bytes. */
  readonly streamWindow: number
  readonly connectionWindow: number
}

export interface CertificateConfig {
  readonly cert: PemConfig
  readonly key: PemConfig
  /** It is shown for these hosts, in the place of all names in it. */
  readonly hosts?: readonly string[]
}

export interface ListenerTlsConfig {
  /** The first is the default. Chains stand behind their certificate. Without any no handshake is made. */
  readonly certificates: readonly CertificateConfig[]
  readonly minVersion: '1.2' | '1.3'
  /** As OpenSSL writes them; null = the default list. */
  readonly ciphers: string | null
  /** In our order. */
  readonly alpn: readonly ('h2' | 'http/1.1')[]
  readonly strictSni: boolean
  readonly clientAuth: {
    /** `request`: asked for, and neither needed nor refused. */
    readonly mode: 'off' | 'optional' | 'require' | 'request'
    /** Never null where the mode is `optional` or `require`. */
    readonly ca: PemConfig | null
    readonly forward: boolean
  }
}

export interface PathsConfig {
  readonly mergeSlashes: boolean
  readonly encodedSlash: 'reject' | 'keep'
  readonly caseSensitive: boolean
}

export interface ListenerLimits {
  readonly connections: number
  /** Without the request line. */
  readonly headerBytes: number
  readonly headerCount: number
  readonly requestLine: number
  readonly bodyBytes: number | null
  readonly requestsPerConnection: number | null
}

export interface ListenerTimeouts {
  readonly handshake: number | null
  readonly header: number | null
  readonly body: number | null
  readonly keepAlive: number | null
  readonly write: number | null
  /** Bytes per second of a request body after 10 s. */
  readonly minRate: number | null
}

export interface RouteConfig {
  readonly name: string
  /** Names of listeners; empty = every one. */
  readonly listeners: readonly string[]
  /** Lower case, without trailing dot; empty = every host. */
  readonly hosts: readonly string[]
  /** Any one of these; empty = every request. */
  readonly match: readonly MatchConfig[]
  /** In the order written. */
  readonly filters: readonly FilterConfig[]
  /** At least one, and at least one with a weight above 0; empty only where a filter answers every request. */
  readonly to: readonly WeightedUpstream[]
  readonly priority: 'low' | 'normal' | 'high'
  readonly timeout: RouteTimeouts
  readonly websocket: boolean
  /** Further protocols that requests may change to; lower case. */
  readonly upgrades: readonly string[]
  /** null = each request goes where the balancer says. */
  readonly affinity: AffinityConfig | null
  /** Instead of the upstreams' own keys; null = none. */
  readonly hash: HashKeyConfig | null
  /** null = the default retry: once more when nothing was sent, or nothing came back and the request may be repeated. */
  readonly retry: RetryConfig | null
  /** null = one endpoint at a time. */
  readonly hedge: HedgeConfig | null
  /** Who gets copies of the requests; empty = nobody. */
  readonly mirror: readonly MirrorConfig[]
  /** null = as the gateway's. */
  readonly accessLog: RouteAccessConfig | null
}

export interface HedgeConfig {
  /** Milliseconds without a response head. */
  readonly after: number
  /** Further endpoints that one request may be sent to for it. */
  readonly max: number
}

export interface MirrorConfig {
  /** Name of the upstream. */
  readonly upstream: string
  /** Fraction of the requests, 0 to 1. */
  readonly share: number
  /** Requests with a larger body are not copied. */
  readonly bodyBytes: number
}

export interface RetryConfig {
  /** Tries after the first; 0 = none. */
  readonly attempts: number
  /** `connect-failure`, `refused-stream`, `reset`, `timeout`, statuses, classes of statuses, gRPC statuses (`grpc-unavailable`). */
  readonly on: readonly string[]
  readonly methods: readonly string[]
  /** Milliseconds. */
  readonly backoff: { readonly base: number; readonly max: number }
  /** 0 to 1; null = no bound. */
  readonly budget: number | null
  readonly bodyBytes: number
}

/** One alternative of a route: everything in it must hold. The same shape as the route table's `RequestMatch`. */
export interface MatchConfig {
  readonly path: { readonly type: 'exact' | 'prefix' | 'regex'; readonly value: string } | null
  /** Empty = every method. */
  readonly methods: readonly string[]
  /** Names in lower case. */
  readonly headers: readonly NamedMatchConfig[]
  readonly query: readonly NamedMatchConfig[]
  readonly cookies: readonly NamedMatchConfig[]
}

export interface NamedMatchConfig {
  readonly name: string
  readonly match: ValueMatchConfig
}

export type ValueMatchConfig =
  | { readonly type: 'exact'; readonly value: string }
  | { readonly type: 'regex'; readonly value: string }
  | { readonly type: 'present'; readonly value: boolean }

export interface WeightedUpstream {
  readonly upstream: string
  readonly weight: number
  /** Only endpoints that have all of these; null = all of the upstream. */
  readonly labels: Readonly<Record<string, string>> | null
  /** Run behind those of the route when this upstream was chosen. */
  readonly filters: readonly FilterConfig[]
}

export interface RouteTimeouts {
  readonly request: number | null
  readonly attempt: number | null
  readonly idle: number | null
  /** Idle time of tunnels. */
  readonly tunnel: number | null
}

export interface UpstreamConfig {
  readonly discovery: DiscoveryConfig
  /** `preserve`, `endpoint` or the literal value of Host. */
  readonly host: string
  /** `auto` only with `tls`. */
  readonly protocol: 'http1' | 'h2' | 'auto'
  /** null = cleartext. */
  readonly tls: UpstreamTlsConfig | null
  /** null = off. */
  readonly proxyProtocol: 'v1' | 'v2' | null
  readonly balancer: BalancerConfig
  readonly connection: ConnectionConfig
  readonly limits: UpstreamLimits
  /** Milliseconds; null = off. */
  readonly slowStart: number | null
  /** Prefer endpoints of the own zone while they have so much of the healthy weight (0 to 1); null = off. */
  readonly zone: { readonly minimumShare: number } | null
  /** `spill`: a factor, 0 = all or nothing. */
  readonly priorities: { readonly spill: number }
  /** 0 to 1; 0 = never. */
  readonly panic: number
  readonly ejection: EjectionConfig | null
  /** null = endpoints are not probed. */
  readonly health: HealthConfig | null
  /** null = off. */
  readonly breaker: BreakerConfig | null
  readonly adaptive: AdaptiveConfig | null
  /** Names of the upstreams that stand in for it, in this order. */
  readonly failover: readonly string[]
}

/** Certificates or a key as PEM text: what stands in `file` ('' = it stood in the configuration), which is absolute when it came from a file. */
export interface PemConfig {
  readonly file: string
  /** '' = not read yet. */
  readonly pem: string
}

export interface UpstreamTlsConfig {
  /** null = what the machine trusts. */
  readonly ca: PemConfig | null
  readonly serverName: string | null
  readonly sans: readonly string[]
  /** Both or none. */
  readonly cert: PemConfig | null
  readonly key: PemConfig | null
  readonly verify: boolean
}

export interface BalancerConfig {
  /** A name of the table of balancers. */
  readonly type: string
  /** What hashing balancers go by; null = the default of theirs, `source-ip`. */
  readonly key: HashKeyConfig | null
  /** Most that an endpoint may have of its fair share, a fraction above 1; null = any. */
  readonly boundedLoad: number | null
}

/** What of a request is hashed. Names of headers are in lower case. */
export type HashKeyConfig =
  | { readonly type: 'header' | 'cookie' | 'query'; readonly name: string }
  | { readonly type: 'path' | 'source-ip' }

/** Where endpoints come from; what is not `static` is asked by the supervisor while the gateway runs. */
export type DiscoveryConfig =
  | { readonly static: readonly StaticEndpoint[] }
  | { readonly dns: DnsConfig }
  | { readonly kubernetes: KubernetesServiceConfig }

export interface EjectionConfig {
  readonly consecutiveErrors: number
  /** 1 to 100. */
  readonly errorPercent: number
  readonly minimumRequests: number
  /** Milliseconds. */
  readonly window: number
  readonly latencyFactor: number | null
  readonly baseTime: number
  readonly maxTime: number
  /** 0 to 100. */
  readonly maxPercent: number
  /** Outcomes of attempts and statuses. */
  readonly on: readonly string[]
}

export interface StaticEndpoint {
  /** As written. */
  readonly address: string
  /** 0 (no traffic) to 65535. */
  readonly weight: number
  /** 0 = used first. */
  readonly priority: number
  /** null = not known. */
  readonly zone: string | null
  readonly labels: Readonly<Record<string, string>>
}

/** Bounds of a limit that follows latency; of the whole gateway. */
export interface AdaptiveConfig {
  readonly minLimit: number
  /** At least `minLimit`. */
  readonly maxLimit: number
}

export interface ConnectionConfig {
  readonly connectTimeout: number
  /** How long an idle connection is kept; null = for as long as the endpoint keeps it. */
  readonly keepAlive: number | null
  readonly maxIdlePerEndpoint: number
  readonly maxRequests: number | null
  /** Idle time before TCP keep-alive probes; null = none. */
  readonly tcpKeepAlive: number | null
}

export interface UpstreamLimits {
  readonly connections: number
  readonly pending: number
  readonly requests: number
  readonly pendingTimeout: number
}
