// The contracts between the control plane and a data plane: one process's plane, and all of them together.

import type { Server } from 'node:net'
import type { GatewayConfig } from '../config/model.ts'
import type { EndpointSets } from '../model/discovery.ts'
import type { EndpointSpec } from '../model/endpoint.ts'
import type { Explained, ExplainRequest } from '../model/explanation.ts'
import type { HealthUpdate } from '../model/health.ts'
import type { LocalQuotas } from '../model/local-quotas.ts'
import type { Part } from '../model/quota.ts'
import type { SampleBatch } from '../model/request-sample.ts'
import type { StatsReport } from '../model/stats.ts'
import type { UpstreamState } from '../model/upstream-state.ts'
import type { LogFunction } from '../telemetry/log.ts'

/** Where a listener really is: `address` has the real port (`127.0.0.1:41231`) or is `unix:/path`. */
export interface ListenerAddress {
  readonly listener: string
  readonly bind: string
  readonly address: string
}

/** Makes `server` listen on a bind address of the configuration; called once for as long as that address is served. */
export type Listen = (server: Server, bind: string) => Promise<void>

/** The data plane of one process. `Prepared` is its own: compiled and bound, not yet served. */
export interface DataPlaneFace<Prepared> {
  /** Compiles and binds what is new; nothing of what is served changes. Throws when that cannot be done. */
  prepare(config: GatewayConfig, sets: EndpointSets): Promise<Prepared>
  commit(prepared: Prepared): void
  /** Replaces the endpoints of a discovered upstream in force, soon; the latest set wins. */
  setEndpoints(upstream: string, endpoints: readonly EndpointSpec[]): void
  /** What active health checks say from now on, before the first configuration too. */
  setHealth(upstream: string, update: HealthUpdate): void
  /** What TLS session tickets are made with from now on, 48 bytes. */
  setTicketKeys(keys: Buffer): void
  discard(prepared: Prepared): void
  addresses(): ListenerAddress[]
  /** What was counted since the last call. */
  collect(withGauges?: boolean): StatsReport
  /** What it would do with a request; changes nothing. */
  explain(request: ExplainRequest): Explained
  upstreams(): UpstreamState[]
  /** A few of the requests that ended since the last call, if there was one lately; at most `most` of those to come, 0 = none. */
  takeSamples(most: number): SampleBatch
  /** Its parts of limits that hold for the whole gateway. */
  readonly quotas: LocalQuotas
  /** How late (ms) its timers were at worst since the last call. */
  takeLag(): number
  /** Stops accepting and resolves when nothing runs any more; what does after `timeoutMs` is cut. */
  drain(timeoutMs: number): Promise<void>
  close(): void
}

export interface DataPlaneSettings {
  /** Names this process, e.g. in Via. */
  readonly id: string
  /** What names in cookies of sessions are made with: the same in all processes of a gateway; left out = one of its own. */
  readonly sessionSecret?: string
  /** This process's part of limits that hold for the whole gateway. */
  readonly part: Part
  /** Upstreams of whose limits others have all, for now. */
  readonly taken?: ReadonlySet<string>
  /** Told at once when an upstream is needed whose limits others have; null = there are no others. */
  readonly onNeed?: ((upstream: string) => void) | null
  readonly listen: Listen
  readonly log: LogFunction
}

/** What runs in one process. */
export interface ProcessParts {
  makePlane(settings: DataPlaneSettings): DataPlaneFace<unknown>
  reopenLogs(): void
  /** Sends what collectors are still to get, for at most two seconds, before the process ends. */
  flush(): Promise<void>
}

/** All data planes of a gateway, wherever they run. Calls of `start` and `apply` never overlap. */
export interface Planes {
  /**
   * Resolves when every listener is bound and served. Rejects with what is wrong; nothing is left behind then. `sets` has the
   * endpoints of upstreams that are discovered, as far as they are known.
   */
  start(config: GatewayConfig, revision: string, sets: EndpointSets): Promise<ListenerAddress[]>
  /** Two phases: everybody can, then everybody does. Rejects when somebody cannot; nothing has changed then. */
  apply(config: GatewayConfig, revision: string, sets: EndpointSets): Promise<ListenerAddress[]>
  /** Replaces the endpoints of a discovered upstream everywhere, soon; the latest wins. Not called while `apply` runs. */
  setEndpoints(upstream: string, endpoints: readonly EndpointSpec[]): void
  /** Tells everybody, soon, what active health checks have found; who starts later starts with all of it. */
  setHealth(upstream: string, update: HealthUpdate): void
  /** Brings the statistics up to date, waiting a bounded time; gauges only when they are wanted. */
  collect(withGauges?: boolean): Promise<void>
  /** What one of them would do with a request. Rejects when none answers in time. */
  explain(request: ExplainRequest): Promise<Explained>
  /** Of all of them together, as far as they answer in time. */
  upstreams(): Promise<UpstreamState[]>
  /** A few of the requests that ended since the last call, from all of them; nothing is gathered when nobody asks for 5 s. 0 = no more. */
  takeSamples(most: number): Promise<SampleBatch>
  /** How many serve now; 0 = nobody. */
  serving(): number
  /** Log files were moved away: go on in new ones. */
  reopenLogs(): void
  /** Stops accepting, finishes what runs, and ends by `timeoutMs` at the latest. */
  drain(timeoutMs: number): Promise<void>
  /** Ends now. */
  kill(): void
}

/** What a process takes. */
export interface ProcessUse {
  /** User and system time since it told the last time. */
  readonly cpuSeconds: number
  readonly residentBytes: number
}

/** What `Planes` tell while they run. Names are those of one life of one process: never used twice. */
export interface PlaneEvents {
  report(worker: number, stats: StatsReport): void
  /** How late its timers were at worst since it told the last time. */
  lag(worker: number, seconds: number): void
  /** Only of worker processes. */
  process(worker: number, use: ProcessUse): void
  /** No further report comes from it. */
  gone(worker: number): void
  restarted(): void
}
