// What supervisor and workers say to each other: plain data over the channel that comes with a forked process.

import type { ConfigChange } from '../config/change.ts'
import type { GatewayConfig } from '../config/model.ts'
import type { EndpointSets } from '../model/discovery.ts'
import type { ExplainRequest } from '../model/explanation.ts'
import type { HealthSets } from '../model/health.ts'
import type { Part, QuotaGrant } from '../model/quota.ts'
import type { StatsReport } from '../model/stats.ts'
import type { ListenerAddress, ProcessUse } from './plane.ts'

/** Asked by the supervisor; answered once each. */
export type Request =
  | { readonly type: 'start'; readonly start: WorkerStart }
  /** A listening socket comes along. */
  | { readonly type: 'socket'; readonly bind: string }
  | { readonly type: 'prepare'; readonly next: NextConfig; readonly revision: string }
  | { readonly type: 'commit'; readonly revision: string }
  | { readonly type: 'discard'; readonly revision: string }
  /** Those of discovered upstreams that changed. */
  | { readonly type: 'endpoints'; readonly sets: EndpointSets }
  /** What active health checks have found since the last time. */
  | { readonly type: 'health'; readonly health: HealthSets }
  /** Its parts of limits from now on; answered with the use of them. */
  | { readonly type: 'quotas'; readonly grants: readonly QuotaGrant[] }
  | { readonly type: 'ticket-keys'; readonly keys: Uint8Array }
  | { readonly type: 'collect'; readonly withGauges: boolean }
  /** About its live state; changes nothing. */
  | { readonly type: 'query'; readonly query: Query }
  | { readonly type: 'reopen-logs' }
  /** Accept in the place of the worker in the next slot, or stop doing so. */
  | { readonly type: 'cover'; readonly on: boolean }
  | { readonly type: 'drain'; readonly timeoutMs: number }

/** All of it; or what changes from the configuration that the worker serves, and sets that it has not been told. */
export type NextConfig =
  | { readonly config: GatewayConfig; readonly sets: EndpointSets }
  | { readonly base: string; readonly change: ConfigChange; readonly sets: EndpointSets }

/** The worker does not serve that base: it is to be told all. */
export const BASE_LOST = 'BASE_LOST'

export interface WorkerStart {
  /** Of this life of the worker; unique in the gateway. */
  readonly id: string
  readonly sessionSecret: string
  readonly part: Part
  /** Upstreams of whose limits other workers have all. */
  readonly taken: readonly string[]
  /** What the inherited descriptors listen on, in their order from FIRST_SOCKET_FD. */
  readonly binds: readonly string[]
  /** How many descriptors of the next slot's socket follow for each of them. */
  readonly covers: number
  readonly config: GatewayConfig
  readonly revision: string
  /** Of TLS session tickets; the same in every worker. */
  readonly ticketKeys: Uint8Array
  /** Of all discovered upstreams, as far as they are known. */
  readonly sets: EndpointSets
  /** All that active health checks have found. */
  readonly health: HealthSets
}

export type Query =
  | { readonly about: 'explain'; readonly request: ExplainRequest }
  | { readonly about: 'upstreams' }
  | { readonly about: 'samples'; readonly most: number }
  | { readonly about: 'quotas'; readonly upstreams: readonly string[] }

export type Asked = Request & { readonly seq: number }

export type Answer =
  | {
      readonly type: 'answer'
      readonly seq: number
      readonly addresses?: readonly ListenerAddress[]
      /** Of a query. */
      readonly value?: unknown
      /** Of `collect`; left out = the report before has not left yet. */
      readonly report?: Report
    }
  | { readonly type: 'refusal'; readonly seq: number; readonly message: string; readonly bind?: string; readonly code?: string }

export interface Report {
  readonly type: 'report'
  readonly stats: StatsReport
  readonly lagSeconds: number
  readonly use: ProcessUse
  /** Upstreams that have come near its part of their limits; null = none. */
  readonly near: readonly string[] | null
}

/** Told by a worker unasked, or before the answer to `drain`. */
export type Notice =
  | Report
  /** Somebody waits for these, and other workers have all of their limits. */
  | { readonly type: 'need'; readonly upstreams: readonly string[] }
  /** It got SIGTERM while its supervisor lives: replace me. */
  | { readonly type: 'asked-to-stop' }

export type FromWorker = Answer | Notice

/** stdin, stdout, stderr and the channel come first. */
export const FIRST_SOCKET_FD = 4

/** How often a worker reports if it is not asked to; also its heartbeat. */
export const REPORT_EVERY_MS = 1000
