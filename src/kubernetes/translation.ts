// The contract of translators: pure functions from what is known of the cluster to parts of a configuration, and what is to be said
// about each object once these parts are served.

import type { ListenerConfig, ListenerTlsConfig, RouteConfig, UpstreamConfig } from '../config/model.ts'
import type { PluginCode } from '../config/plugin-schema.ts'
import type { ObjectReference } from './object-reference.ts'
import type { Manifest, OwnedObject } from './owned-object.ts'
import type { RawObject, Resource } from './resource.ts'

/** What is known of the cluster. Nothing in it is ever changed: an object that changed is another one. */
export interface ClusterView {
  /** By `namespace/name`, or `name` of what has no namespace; empty for a kind that the API server does not know. */
  objects<Kept>(resource: Resource<never, Kept>): ReadonlyMap<string, Kept>
  /** Listeners of the file, by name: who uses them, and whom ports of translated listeners may clash with. */
  readonly listeners: ReadonlyMap<string, ListenerConfig>
  /** Addresses (as `bind` has them) that could not be listened on, and why. */
  readonly unusable: ReadonlyMap<string, string>
  /** Of the file, by name. */
  readonly plugins: ReadonlyMap<string, PluginCode>
}

export interface Translator {
  readonly source: 'ingress' | 'gateway-api' | 'policies'
  /** The kinds that it looks at. */
  readonly resources: readonly Resource<RawObject & never, unknown>[]
  /** Equal views give equal results; parts that did not change are the same objects as the last time. Never throws for what an object says. */
  translate(view: ClusterView): Translation
}

export type Certificate = ListenerTlsConfig['certificates'][number]

/** What one translator makes of the cluster. */
export interface Translation {
  /** Listeners beside those of the file. */
  readonly listeners: readonly ListenerConfig[]
  /** Further certificates of listeners of the file, by their name; behind those that the file gives them. */
  readonly certificates: ReadonlyMap<string, readonly Certificate[]>
  /** Equal matches are decided by this order: oldest object first. */
  readonly routes: readonly RouteConfig[]
  /** By name. The same name in several translations is the same upstream. */
  readonly upstreams: ReadonlyMap<string, UpstreamConfig>
  /** Where routes come from, by their name. */
  readonly origins: ReadonlyMap<string, Origin>
  /** One for each object that is ours, in the order of `routes`. */
  readonly reports: readonly ObjectReport[]
  /** What there should be in the cluster, and what of ours should not: each time all of it. What is the same object as before is not looked at again. */
  readonly objects: readonly ObjectIntent[]
}

export interface Origin {
  readonly object: ObjectReference
  /** As in `spec.rules[0].http.paths[1]`. */
  readonly path: string
}

export interface ObjectReport {
  readonly object: ObjectReference
  readonly problems: readonly ObjectProblem[]
  /** null = its status is not ours to write. */
  readonly status: StatusIntent | null
}

/** What cannot be honoured as it is written. Told by an Event, a log line, a metric, and the status where the kind has a place for it. */
export interface ObjectProblem {
  /** A word in upper camel case, of a small set: the `reason` of Events, conditions and metrics. */
  readonly reason: string
  /** Names the field, what is wrong and what to do. Never holds content of a Secret. */
  readonly message: string
  /** As in `spec.rules[0].http.paths[1].backend`, or the name of an annotation. */
  readonly path: string
  /** `refused`: these requests are answered 500 (or their part is not served); `differs`: served, but not exactly as asked. */
  readonly severity: 'refused' | 'differs'
}

export interface StatusIntent {
  /** What is in `status` now, as the API server has it. */
  readonly current: unknown
  /**
   * What should be there, whole, with the entries of others as they are. Conditions (`{ type, status, reason, message,
   * observedGeneration }`, at any depth) come without `lastTransitionTime`: who writes gives them one.
   */
  readonly wanted: unknown
  readonly resourceVersion: string
}

/** An object of the gateway's own making. */
export interface ObjectIntent {
  /** uid '' = there is none. */
  readonly object: ObjectReference
  /** As it is known now; null = there is none, or it is not known that there is. */
  readonly current: OwnedObject | null
  /** Whole, as server-side apply takes it; null = it is to go. */
  readonly wanted: Manifest | null
}
