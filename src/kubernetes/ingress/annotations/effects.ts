// What the annotations of one Ingress come to, for whoever makes routes and upstreams of its rules. Everything is in the words of
// the configuration file ("written"), valid by the schema as it stands here.

import type { UpstreamConfig } from '../../../config/model.ts'
import type { FoundUpstream } from '../../policies/followed-policy.ts'
import type { FoundFilter } from '../../policies/route-filters.ts'
import type { KeptSecret } from '../../secret.ts'
import type { KeptService, ServicePort } from '../../service.ts'
import type { ObjectProblem } from '../../translation.ts'

/** Keys as they are written in a file. */
export type Written = Readonly<Record<string, unknown>>

/** What annotations refer to. Functions, so that the caller sees what was looked at; null = there is no such object. */
export interface AnnotationLook {
  /** With the last certificate and CA that can be used. */
  secret(namespace: string, name: string): KeptSecret | null
  service(namespace: string, name: string): KeptService | null
  /** Those of its entries that can be header fields; null also where ConfigMaps are not read. */
  configMap(namespace: string, name: string): Readonly<Record<string, string>> | null
  /** Of a port of a Service, as its UpstreamPolicy has it; what is wrong, in words, where it cannot be. */
  upstream(namespace: string, name: string, port: ServicePort): FoundUpstream | string
  /** A RouteFilter; why it cannot be used. */
  filter(namespace: string, name: string): FoundFilter | { readonly reason: string; readonly message: string }
}

export interface AnnotationEffects {
  /** Keys of every route of the Ingress: `timeout`, `retry`, `affinity`, `mirror`. */
  readonly route: Written
  /** Filters of every route, in order, before those that rules bring along. */
  readonly filters: readonly Written[]
  /** `filters` answer every request: the routes need no endpoints, and are not redirected to HTTPS before (nginx: `return` comes first). */
  readonly answers: boolean
  /**
   * Keys of every upstream that is made of a Service port for the Ingress (the second argument of `upstreamOfService`): `balancer`,
   * `protocol`, `tls`, `host`, `connection`, `failover`. A key that is there with `undefined` switches off what `appProtocol` says.
   */
  readonly upstream: Written
  /** Upstreams that annotations bring along (mirrors, default backends), by name; `route` and `upstream` refer to them. */
  readonly upstreams: ReadonlyMap<string, UpstreamConfig>
  readonly paths: PathEffects
  readonly https: HttpsEffects
  /** `server-alias`: hosts that every rule with a host has besides; valid, lower case. */
  readonly aliases: readonly string[]
  /** `from-to-www-redirect`: `www.HOST` (or HOST without it), where nobody serves it, answers 308 to HOST, with path and query. */
  readonly wwwRedirect: boolean
  /** `app-root`: `/` exactly, of every host of the Ingress, answers 302 to this path; null = not asked for. */
  readonly appRoot: string | null
  /** null = it is none. With `refuseAll` it gets no requests, and its rules take none from others. */
  readonly canary: CanaryEffects | null
  /** Of the hosts of the Ingress, on the HTTPS listener; null = nothing is asked for. */
  readonly clientAuth: ClientAuthEffects | null
  /** In the order of the annotations. */
  readonly problems: readonly ObjectProblem[]
  /** Why every rule of the Ingress must answer 500 `refused-object`, in words for clients (which annotation); null = none must. */
  readonly refuseAll: string | null
  /** One for each annotation with a prefix of ours, in the order of the annotations: what `migrate` tells. */
  readonly verdicts: readonly AnnotationVerdict[]
}

/**
 * `use-regex` and `rewrite-target`. In ingress-nginx one Ingress with either of them turns every path of its hosts, those of other
 * Ingresses too, into a regular expression without case, anchored at its beginning only. Here that is so for the paths of the Ingress
 * itself whose type is not Exact; other Ingresses keep what they say. See paths.ts for what a path becomes.
 */
export interface PathEffects {
  /** Paths that are not Exact are regular expressions, anchored at their beginning only. */
  readonly regex: boolean
  /** Always as `regex`, but for Exact paths that stay with case. */
  readonly caseInsensitive: boolean
  /** What takes the place of the whole path, with `$1` to `$9` for groups of the path; null = the path stays. */
  readonly rewrite: string | null
}

export interface HttpsEffects {
  /** `ssl-redirect`, default true: hosts that have TLS answer HTTP with a redirect. */
  readonly redirectWhereTls: boolean
  /** `force-ssl-redirect`: also where TLS ends before us. */
  readonly redirectAlways: boolean
  /** Status of the redirect: 308. */
  readonly code: number
}

export interface CanaryEffects {
  /** 0 to `weightTotal`. */
  readonly weight: number
  readonly weightTotal: number
  /** Decides first, in lower case. Without value and pattern: `always` is the canary, `never` is not, others go on to the cookie. */
  readonly header: string | null
  /** The header with exactly this value is the canary; goes before the pattern. */
  readonly headerValue: string | null
  /** RE2, found anywhere in the value. */
  readonly headerPattern: string | null
  /** Decides second: `always` is the canary, `never` is not, others go on to the weight. */
  readonly cookie: string | null
}

export interface ClientAuthEffects {
  readonly mode: 'require' | 'optional'
  /** PEM text. */
  readonly ca: string
  /** X-Forwarded-Client-Cert is set. */
  readonly forward: boolean
}

export interface AnnotationVerdict {
  /** With its prefix. */
  readonly annotation: string
  readonly verdict: 'exact' | 'differs' | 'refused'
  /** How it differs, or why it is refused; '' = exact. */
  readonly words: string
}
