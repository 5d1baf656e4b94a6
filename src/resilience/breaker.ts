// The circuit breaker of one upstream: opossum counts outcomes and keeps the state, this decides who may go while it is not closed.
// opossum is fed when an attempt is over: nothing waits for it, and its promises are nobody's.

import type CircuitBreaker from 'opossum'
import type { Breaker, BreakerState } from '../model/breaker.ts'
import type { Clock } from '../model/clock.ts'
import type { Outcome } from '../model/connection.ts'
import type { Exchange } from '../model/exchange.ts'

export interface BreakerOptions {
  /** Errors among the outcomes of the window from which on it opens, 1 to 100. */
  readonly errorPercent: number
  /** Milliseconds. */
  readonly window: number
  /** Outcomes in the window below which their share says nothing. */
  readonly minimumRequests: number
  /** Milliseconds from open to half open. */
  readonly resetAfter: number
  /** Outcomes and statuses that count as errors. */
  readonly on: ReadonlySet<string>
}

export interface BreakerEvents {
  /** It has opened: whoever waits for the upstream waits in vain. */
  opened(): void
}

/** opossum's class, which is loaded only where a breaker is configured. */
export type Circuit = typeof CircuitBreaker

/** opossum keeps the latency of every outcome of the window, which nobody asks for: thrown away after so many. */
const FORGET_EVERY = 1024

const FAILED = new Error('the attempt failed')
const nothing = (): void => {}
const action = async (failed: boolean): Promise<void> => {
  if (failed) throw FAILED
}

export class UpstreamBreaker implements Breaker {
  private readonly circuit: Circuit
  private readonly options: BreakerOptions
  private readonly clock: Clock
  private readonly events: BreakerEvents
  private current: CircuitBreaker<[boolean], void>
  private phase: BreakerState = 'closed'
  /** Monotonic milliseconds. */
  private openedAt = 0
  private probe: Exchange | null = null
  private probeSince = 0
  /** The probe's outcome has been told; opossum says in a moment what follows from it. */
  private judged = false
  private fed = 0

  constructor(circuit: Circuit, options: BreakerOptions, clock: Clock, events: BreakerEvents) {
    this.circuit = circuit
    this.options = options
    this.clock = clock
    this.events = events
    this.current = this.make()
  }

  private make(): CircuitBreaker<[boolean], void> {
    const { errorPercent, window, minimumRequests, resetAfter } = this.options
    const circuit = new this.circuit(action, {
      timeout: false,
      // It opens above its threshold, we at ours.
      errorThresholdPercentage: errorPercent - 1e-6,
      rollingCountTimeout: window,
      rollingCountBuckets: 10,
      volumeThreshold: minimumRequests,
      resetTimeout: resetAfter,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
    })
    circuit.on('open', () => this.turn('open'))
    circuit.on('halfOpen', () => this.turn('half-open'))
    circuit.on('close', () => this.turn('closed'))
    return circuit
  }

  private turn(phase: BreakerState): void {
    this.phase = phase
    this.probe = null
    this.judged = false
    if (phase === 'closed') {
      // What failed before it opened must not open it again: a new one, with an empty window.
      this.current.shutdown()
      this.current = this.make()
    } else if (phase === 'open') {
      this.openedAt = this.clock.now()
      this.events.opened()
    }
  }

  get state(): BreakerState {
    return this.phase
  }

  get until(): number | null {
    return this.phase === 'open' ? this.clock.wall() + this.leftMs() : null
  }

  get retryAfter(): number {
    return this.phase === 'open' ? Math.max(1, Math.ceil(this.leftMs() / 1000)) : 1
  }

  private leftMs(): number {
    return Math.max(0, this.openedAt + this.options.resetAfter - this.clock.now())
  }

  passes(x: Exchange): boolean {
    if (this.phase === 'closed') return true
    if (this.phase === 'open') return false
    if (this.judged) return false
    // A probe that says nothing for so long is no reason to keep everybody waiting.
    return this.probe === null || this.probe === x || this.clock.now() - this.probeSince >= this.options.resetAfter
  }

  enter(x: Exchange): boolean {
    if (this.phase === 'closed') return true
    if (!this.passes(x)) return false
    if (this.probe !== x) {
      this.probe = x
      this.probeSince = this.clock.now()
    }
    return true
  }

  answered(x: Exchange, status: number): void {
    if (this.probe === x && !this.judged) this.judge('ok', status)
  }

  record(x: Exchange, outcome: Outcome, status: number): void {
    if (outcome === 'cancelled') return
    if (this.phase === 'closed') this.feed(this.isError(outcome, status))
    else if (this.probe === x && !this.judged) this.judge(outcome, status)
  }

  private judge(outcome: Outcome, status: number): void {
    this.judged = true
    this.feed(this.isError(outcome, status))
  }

  private isError(outcome: Outcome, status: number): boolean {
    return this.options.on.has(outcome === 'ok' ? String(status) : outcome)
  }

  private feed(failed: boolean): void {
    this.current.fire(failed).catch(nothing)
    if (++this.fed % FORGET_EVERY !== 0) return
    for (const bucket of this.current.status.window) bucket.latencyTimes.length = 0
  }

  leave(x: Exchange): void {
    if (this.probe === x && !this.judged) this.probe = null
  }

  close(): void {
    this.current.shutdown()
    // Exchanges that are still on their way are let go it.
    this.phase = 'closed'
    this.probe = null
  }
}

/** Loads opossum. */
export async function loadCircuit(): Promise<Circuit> {
  return (await import('opossum')).default
}
