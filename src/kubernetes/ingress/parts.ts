// What one Ingress asks for by itself, before others are looked at: its parts, one for each path and host.

import type { FollowedPolicy } from '../policies/followed-policy.ts'
import type { KeptSecret } from '../secret.ts'
import type { ServicePort } from '../service.ts'
import type { NamedUpstream } from '../service-upstream.ts'
import type { ObjectProblem } from '../translation.ts'
import type { AnnotationEffects, Written } from './annotations/effects.ts'
import type { KeptIngress } from './kinds.ts'

/** Why requests are answered 500. */
export interface Refusal {
  readonly reason: 'invalid-reference' | 'refused-object'
  /** For clients too: never holds a value of an annotation or Secret. */
  readonly detail: string
}

/** What becomes of the requests of a part. */
export type Ending =
  | {
      readonly type: 'service'
      readonly service: string
      readonly port: ServicePort
      readonly policy: FollowedPolicy | null
      readonly upstream: NamedUpstream
      /** Who stands in for it, and for those. */
      readonly standIns: readonly NamedUpstream[]
    }
  /** Filters answer. */
  | { readonly type: 'answer'; readonly filters: readonly Written[] }
  | ({ readonly type: 'refusal' } & Refusal)

/** As the normalised configuration has it. */
export interface PartPath {
  readonly type: 'exact' | 'prefix' | 'regex'
  readonly value: string
}

/**
 * Parts of an earlier rank go before others of the same host and path, whatever their age: what rules say, then what rules leave
 * over, then hosts that nobody has.
 */
export const RANKS = ['rule', 'default', 'spare'] as const

export interface Part {
  /** Of the route that comes of it. */
  readonly name: string
  /** In the object: `spec.rules[0].http.paths[0]`, or the name of an annotation. */
  readonly at: string
  readonly rank: (typeof RANKS)[number]
  /** '' = every host. Never empty. */
  readonly hosts: readonly string[]
  /** Hosts besides, where no Ingress has rules for them. */
  readonly aliases: readonly string[]
  readonly path: PartPath
  /** The path as it is written, with its type: by this a canary finds what it stands beside. */
  readonly asked: string
  readonly ending: Ending
  /** Filters that change its path. */
  readonly rewrite: readonly Written[]
  /** Status of the redirect that requests without TLS are answered with; null = they are served. */
  readonly toHttps: number | null
}

/** One Ingress of ours. */
export interface IngressPart {
  readonly ingress: KeptIngress
  readonly effects: AnnotationEffects
  /** In the order of its rules. */
  readonly parts: readonly Part[]
  readonly certificates: readonly NamedSecret[]
  readonly problems: readonly ObjectProblem[]
}

/** A Secret with a certificate that can be served. */
export interface NamedSecret {
  /** `namespace/name`. */
  readonly name: string
  /** Where it is named. */
  readonly at: string
  readonly secret: KeptSecret
  /** In its certificate; a wildcard is `*.example.org`. */
  readonly names: readonly string[]
  /** Hosts that it is named for, as far as its certificate is for them. */
  readonly asked: readonly string[]
}

/** PEM text. */
export interface NamedCertificate {
  readonly cert: { readonly file: string; readonly pem: string }
  readonly key: { readonly file: string; readonly pem: string }
  /** It is shown for these, in the place of all names in it. */
  readonly hosts?: readonly string[]
}
