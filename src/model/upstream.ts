// An upstream while it lives: its endpoints, the picker over them, its limits and counters. Survives reloads; what a reload or
// discovery changes is replaced by one assignment each.

import type { AdaptiveLimit } from './adaptive-limit.ts'
import type { Picker } from './balancer.ts'
import type { Breaker } from './breaker.ts'
import type { Connector } from './connection.ts'
import { UpstreamCounters } from './counters.ts'
import { Timed } from './deadlines.ts'
import type { Endpoint, EndpointSpec } from './endpoint.ts'
import type { Quota } from './quota.ts'
import type { RetryBudget } from './retry.ts'
import type { EndpointRoster } from './roster.ts'
import type { Subset } from './subset.ts'

export interface ConnectionSettings {
  /** Milliseconds; null = off. */
  readonly connectTimeout: number
  readonly keepAlive: number | null
  readonly maxIdlePerEndpoint: number
  /** Requests per connection. */
  readonly maxRequests: number | null
  readonly tcpKeepAlive: number | null
}

export interface UpstreamSettings {
  /** `preserve`, `endpoint`, or the literal Host to send. */
  readonly host: string
  /** Name of the algorithm. Left out = not known. */
  readonly balancer?: string
  /** Endpoints are spoken to by TLS. Left out = they are not. */
  readonly secure?: boolean
  readonly connection: ConnectionSettings
  /** A connection carries several requests at a time: the limit of connections is none of requests. Left out = it does not. */
  readonly multiplexed?: boolean
  /** Of the whole gateway. */
  readonly limits: Quota
  /** This process's part of them. */
  readonly maxRequests: number
  readonly maxConnections: number
  readonly maxPending: number
  /** Milliseconds. */
  readonly pendingTimeout: number
}

/** A request that waits until the upstream may take another one. */
export abstract class Waiting extends Timed {
  /** The place is there: go on. It has been counted. */
  abstract admitted(): void
  /** It is out of the queue, without a place: waiting may have become useless. */
  abstract dismissed(): void
}

/** Part of what may run from which on more may be needed soon. */
const NEAR = 0.75

export class Upstream {
  readonly name: string
  readonly counters = new UpstreamCounters()
  private current: UpstreamSettings
  /** Requests that may run at a time, and that may wait. */
  private places = 0
  private room = 0
  /** null = off. Call `settle` after a change. */
  adaptive: AdaptiveLimit | null = null
  /** Told at once when somebody waits and nothing that runs here could make room: another process has it. null = there is none. */
  onNeed: ((upstream: string) => void) | null = null
  /** The most that ran and waited at a time since `takeNear`, and before it. */
  private peak = 0
  private peakBefore = 0
  private refused = 0
  private refusedBefore = 0
  /** More runs than its part allows, because that was lowered. */
  private indebted = false
  /** Swapped whole when endpoints or their weights change. */
  picker: Picker
  endpoints: ReadonlyMap<string, Endpoint> = new Map()
  /** What discovery says about them, those of weight 0 included. */
  specs: readonly EndpointSpec[] = []
  /** One per endpoint; looked up once per attempt. */
  connectors: ReadonlyMap<Endpoint, Connector> = new Map()
  /** Endpoints that are not named any more: reported until nothing runs on them. */
  readonly retired = new Set<Endpoint>()
  /** Parts of it that routes ask for. */
  subsets: readonly Subset[] = []
  /** Decides who may be picked; null before the first configuration. */
  roster: EndpointRoster | null = null
  /** Who stands in, in this order, while it has no endpoint that can be used; null = nobody. */
  failover: readonly Upstream[] | null = null
  /** null = none is configured. */
  breaker: Breaker | null = null
  /** null while no route has a retry budget. */
  budget: RetryBudget | null = null
  private waiting: Waiting[] = []
  private waitingHead = 0
  private admitting = false

  constructor(name: string, settings: UpstreamSettings, picker: Picker) {
    this.name = name
    this.current = settings
    this.picker = picker
    this.settle()
  }

  get settings(): UpstreamSettings {
    return this.current
  }

  set settings(settings: UpstreamSettings) {
    this.current = settings
    this.settle()
  }

  /** Requests that its part of the limits allows at a time. */
  private get allowed(): number {
    const { maxRequests, maxConnections, multiplexed } = this.current
    return multiplexed === true ? maxRequests : Math.min(maxRequests, maxConnections)
  }

  /** To be called when what it depends on has changed. */
  settle(): void {
    const { maxPending } = this.current
    const places = this.allowed
    // Without any place of its own somebody has to wait for one from another process, even where nobody is to wait for an answer.
    this.room = places === 0 ? Math.max(maxPending, 1) : maxPending
    this.places = places
    if (this.adaptive !== null) {
      this.places = Math.min(places, this.adaptive.limit)
      // Whoever would wait for longer than answers take is better off with an answer at once.
      this.room = Math.min(this.room, Math.ceil(this.adaptive.usual / 2))
    }
    this.indebted = this.counters.inFlight > places
  }

  /** How an attempt went, for the adaptive limit. `failed`: no answer, or one that says that there is too much to do. */
  adapt(failed: boolean, latencyMs: number, now: number): void {
    const { adaptive, counters } = this
    if (adaptive === null) return
    const moved = failed ? adaptive.failed(counters.inFlight, now) : adaptive.answered(latencyMs, counters.inFlight, now)
    // Who waits is let in when this request gives its place back.
    if (moved) this.settle()
  }

  /** Takes another part of the limits, and keeps within it as far as nothing that runs is broken off. */
  takeQuota({ connections, pending, requests }: Quota): void {
    this.settings = { ...this.current, maxConnections: connections, maxPending: pending, maxRequests: requests }
    const { counters } = this
    for (const connector of this.connectors.values()) {
      while (counters.connectionsActive + counters.connectionsIdle > connections && connector.closeOneIdle());
    }
    this.admitWaiting()
  }

  /** Whoever comes now waits. */
  get full(): boolean {
    return this.counters.pending > 0 || this.counters.inFlight >= this.places
  }

  /** Places that it could have used lately. */
  get need(): number {
    return Math.max(this.peak, this.peakBefore) + Math.max(this.refused, this.refusedBefore)
  }

  /** Whether it has come near its part since the last call. */
  takeNear(): boolean {
    const near = this.peak + this.refused >= this.allowed * NEAR
    this.peakBefore = this.peak
    this.refusedBefore = this.refused
    this.peak = this.counters.inFlight + this.counters.pending
    this.refused = 0
    return near && this.peakBefore + this.refusedBefore > 0
  }

  /** One of its own endpoints can be used, without ignoring health, and its breaker is not open. */
  get usable(): boolean {
    return this.roster?.usable === true && this.breaker?.state !== 'open'
  }

  /** Somebody can stand in for it now. */
  get relieved(): boolean {
    return this.failover?.some((upstream) => upstream.usable) === true
  }

  /** Half of the places are taken. */
  get scarce(): boolean {
    return this.counters.inFlight * 2 >= this.places
  }

  /** Counts one request in if the limits allow it and nobody has waited longer. */
  admit(): boolean {
    return this.counters.pending === 0 && this.takePlace()
  }

  private takePlace(): boolean {
    const { counters } = this
    if (counters.inFlight >= this.places) return false
    counters.inFlight++
    if (counters.inFlight > this.peak) this.peak = counters.inFlight
    return true
  }

  /** Makes room for a new connection where idle ones use up the limit. */
  makeRoom(): void {
    const { counters, settings } = this
    if (counters.connectionsActive + counters.connectionsIdle < settings.maxConnections) return
    for (const connector of this.connectors.values()) {
      if (connector.closeOneIdle()) return
    }
  }

  /** Queues for a place; false when the queue is full. */
  enqueue(waiting: Waiting): boolean {
    const { counters } = this
    if (counters.pending >= this.room) {
      this.refused++
      return false
    }
    counters.pending++
    if (counters.inFlight + counters.pending > this.peak) this.peak = counters.inFlight + counters.pending
    this.waiting.push(waiting)
    if (this.places === 0) this.onNeed?.(this.name)
    return true
  }

  dequeue(waiting: Waiting): void {
    const index = this.waiting.indexOf(waiting, this.waitingHead)
    if (index === -1) return
    this.waiting.splice(index, 1)
    this.counters.pending--
    this.forgetAdmitted()
  }

  /** Empties the queue: whoever waits is to ask anew. */
  dismissWaiting(): void {
    const dismissed = this.waiting.splice(this.waitingHead)
    this.counters.pending -= dismissed.length
    this.forgetAdmitted()
    for (const waiting of dismissed) waiting.dismissed()
  }

  /** One request is over: its place goes to the one that has waited longest. */
  release(): void {
    this.counters.inFlight--
    if (this.indebted) this.payBack()
    if (this.counters.pending > 0) this.admitWaiting()
  }

  private payBack(): void {
    if (this.counters.inFlight > this.allowed) return
    this.indebted = false
    this.onNeed?.(this.name)
  }

  /** Lets in who may go now; to be called when a limit has been raised. */
  admitWaiting(): void {
    // Who is let in may be done at once and let the next one in: that is for the loop, or a long queue would nest.
    if (this.admitting) return
    this.admitting = true
    while (this.counters.pending > 0 && this.takePlace()) {
      const waiting = this.waiting[this.waitingHead] as Waiting
      this.waitingHead++
      this.counters.pending--
      this.forgetAdmitted()
      waiting.admitted()
    }
    this.admitting = false
  }

  /** Those before the head of the queue have gone on; they must not be kept for ever. */
  private forgetAdmitted(): void {
    const { waiting, waitingHead } = this
    if (waitingHead < waiting.length && (waitingHead <= 64 || waitingHead * 2 <= waiting.length)) return
    this.waiting = waiting.slice(waitingHead)
    this.waitingHead = 0
  }
}
