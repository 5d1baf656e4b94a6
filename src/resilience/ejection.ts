// Passive ejection: endpoints that fail while they serve are left out for a while (outlier detection). Judges by outcomes only; who
// asks, and what is done with the verdict, is the upstream's business.

import type { Clock } from '../model/clock.ts'
import type { Outcome } from '../model/connection.ts'
import type { Endpoint } from '../model/endpoint.ts'

export interface EjectionOptions {
  /** Errors in a row. */
  readonly consecutiveErrors: number
  /** Errors among the requests of one window, 1 to 100. */
  readonly errorPercent: number
  /** Requests in a window below which its share says nothing. */
  readonly minimumRequests: number
  /** Milliseconds. */
  readonly window: number
  /** Times the median latency (until the head of the answer) of the others; null = latency does not count. */
  readonly latencyFactor: number | null
  /** Milliseconds of the first ejection; doubled with each further one up to `maxTime`. */
  readonly baseTime: number
  readonly maxTime: number
  /** Of the endpoints, 0 to 100; one may always go if another stays. */
  readonly maxPercent: number
  /** Outcomes and statuses that count as errors. */
  readonly on: ReadonlySet<string>
}

export type EjectionReason = 'connect-failure' | 'reset' | 'consecutive-errors' | 'error-percent' | 'latency'

/** Why an endpoint is out, and until when. */
export interface Ejection {
  readonly reason: EjectionReason
  /** Monotonic milliseconds. */
  readonly until: number
}

/** A refused or reset connection says enough: the first one moves traffic away. */
const AT_ONCE: Readonly<Partial<Record<Outcome, EjectionReason>>> = {
  'connect-failure': 'connect-failure',
  'connect-timeout': 'connect-failure',
  reset: 'reset',
}

interface Past {
  inRow: number
  windowStart: number
  requests: number
  errors: number
  /** Of how many it is known how long they took, and their sum (ms). */
  timed: number
  latencySum: number
  /** How often it was ejected lately: the exponent of the next time. */
  times: number
  ejection: Ejection | null
  returnedAt: number
}

export class EjectionJudge {
  options: EjectionOptions
  private readonly clock: Clock
  /** Whether another upstream could take all that is sent to this one's endpoints. */
  private readonly relieved: () => boolean
  /** Whether nothing else keeps an endpoint out. */
  private readonly isWell: (endpoint: Endpoint) => boolean
  private readonly records = new Map<Endpoint, Past>()
  private out = 0

  constructor(
    options: EjectionOptions,
    clock: Clock,
    relieved: () => boolean = () => false,
    isWell: (endpoint: Endpoint) => boolean = () => true,
  ) {
    this.options = options
    this.clock = clock
    this.relieved = relieved
    this.isWell = isWell
  }

  /** The endpoints that there are now: what is remembered of others is forgotten. */
  retain(endpoints: Iterable<Endpoint>): void {
    const stay = new Set(endpoints)
    for (const [endpoint, { ejection }] of this.records) {
      if (stay.has(endpoint)) continue
      if (ejection !== null) this.out--
      this.records.delete(endpoint)
    }
    for (const endpoint of stay) if (!this.records.has(endpoint)) this.records.set(endpoint, fresh())
  }

  /** Why and until when an endpoint is out; null = it is in. */
  ejectionOf(endpoint: Endpoint): Ejection | null {
    return this.records.get(endpoint)?.ejection ?? null
  }

  /**
   * An attempt has ended; returns the ejection when this was the last straw. `status` is 0 where there was no answer, `latencyMs`
   * what it took to answer, -1 = not known.
   */
  record(endpoint: Endpoint, outcome: Outcome, status: number, latencyMs: number, now = this.clock.now()): Ejection | null {
    if (outcome === 'cancelled') return null
    const record = this.records.get(endpoint)
    if (record === undefined || record.ejection !== null) return null
    const { options } = this
    if (now - record.windowStart >= options.window) restart(record, now)
    record.requests++
    if (latencyMs >= 0) {
      record.timed++
      record.latencySum += latencyMs
    }
    if (!this.isError(outcome, status)) {
      record.inRow = 0
      // Twice as long in as it would be out next time: the past is forgiven.
      if (record.times > 0 && now - record.returnedAt > 2 * this.timeOf(record.times)) record.times = 0
      return this.tooSlow(record) ? this.eject(record, 'latency', now) : null
    }
    record.errors++
    record.inRow++
    const atOnce = AT_ONCE[outcome]
    if (atOnce !== undefined && options.on.has(outcome)) return this.eject(record, atOnce, now)
    if (record.inRow >= options.consecutiveErrors) return this.eject(record, 'consecutive-errors', now)
    const share = (100 * record.errors) / record.requests
    if (record.requests >= options.minimumRequests && share >= options.errorPercent) {
      return this.eject(record, 'error-percent', now)
    }
    return null
  }

  /** Ends what is over; returns the endpoints that are back. */
  release(now: number): Endpoint[] {
    const back: Endpoint[] = []
    for (const [endpoint, record] of this.records) {
      if (record.ejection === null || record.ejection.until > now) continue
      this.putBack(record, now)
      back.push(endpoint)
    }
    return back
  }

  /** Active health checks have found it well: an ejection for not being reachable is over. */
  forgive(endpoint: Endpoint): boolean {
    const record = this.records.get(endpoint)
    if (record === undefined || record.ejection === null || !isUnreachable(record.ejection)) return false
    this.putBack(record, this.clock.now())
    return true
  }

  private isError(outcome: Outcome, status: number): boolean {
    if (outcome !== 'ok') return this.options.on.has(outcome)
    return this.options.on.has(String(status))
  }

  private tooSlow(record: Past): boolean {
    const { latencyFactor, minimumRequests } = this.options
    if (latencyFactor === null || record.timed < minimumRequests) return false
    const others = [...this.records.values()]
      .filter((other) => other !== record && other.ejection === null && other.timed >= minimumRequests)
      .map((other) => other.latencySum / other.timed)
      .sort((a, b) => a - b)
    if (others.length === 0) return false
    return record.latencySum / record.timed > latencyFactor * (others[Math.floor(others.length / 2)] as number)
  }

  private eject(record: Past, reason: EjectionReason, now: number): Ejection | null {
    const most = Math.max(1, Math.floor((this.records.size * this.options.maxPercent) / 100))
    const full = this.out >= most || !this.anotherStays(record)
    // Nobody is kept for want of others who cannot even be connected to, where others are.
    if (full && (reason !== 'connect-failure' || !this.relieved())) return null
    record.times++
    record.ejection = { reason, until: now + this.timeOf(record.times) }
    this.out++
    return record.ejection
  }

  private anotherStays(leaving: Past): boolean {
    for (const [endpoint, record] of this.records)
      if (record !== leaving && record.ejection === null && this.isWell(endpoint)) return true
    return false
  }

  private timeOf(times: number): number {
    return Math.min(this.options.maxTime, this.options.baseTime * 2 ** Math.min(times - 1, 30))
  }

  private putBack(record: Past, now: number): void {
    record.ejection = null
    record.returnedAt = now
    this.out--
    restart(record, now)
    record.inRow = 0
  }
}

/** Probes can tell when that is over; of other reasons only requests can. */
export const isUnreachable = ({ reason }: Ejection): boolean => reason === 'connect-failure' || reason === 'reset'

function fresh(): Past {
  return { inRow: 0, windowStart: 0, requests: 0, errors: 0, timed: 0, latencySum: 0, times: 0, ejection: null, returnedAt: 0 }
}

function restart(record: Past, now: number): void {
  record.windowStart = now
  record.requests = 0
  record.errors = 0
  record.timed = 0
  record.latencySum = 0
}
