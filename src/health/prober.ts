// Probes endpoints again and again: spread over time, not too many at once, each for itself, whatever a probe does.

import type { Random } from '../model/clock.ts'
import { type Deadlines, Timed } from '../model/deadlines.ts'
import type { Probe } from './probe.ts'
import { failureOf } from './probe.ts'
import { Verdict, type VerdictSettings } from './verdict.ts'

/** Times in milliseconds. */
export interface ProbeSchedule extends VerdictSettings {
  /** From the start of a probe to that of the next. */
  readonly interval: number
  /** 0 to 1: how much longer or shorter an interval may be. */
  readonly jitter: number
  readonly timeout: number
}

export interface ProberSettings {
  readonly deadlines: Deadlines
  readonly random: Random
  /** Probes at a time; further ones wait for their turn. */
  readonly atOnce: number
}

/** Milliseconds between the first probes of endpoints that come together, as long as an interval has room for them. */
const APART = 1
/** Milliseconds until an endpoint that answered well again is asked once more, if its interval is longer. */
const RECOVERING = 1000

export class Prober {
  readonly deadlines: Deadlines
  readonly random: Random
  readonly #atOnce: number
  #running = 0
  #starting = false
  /** In the order in which they became due. */
  readonly #due = new Set<EndpointCheck>()
  /** When the endpoint that came last is probed first. */
  #latestStart = Number.NEGATIVE_INFINITY

  constructor({ deadlines, random, atOnce }: ProberSettings) {
    this.deadlines = deadlines
    this.random = random
    this.#atOnce = atOnce
  }

  /** Begins to probe. `told` hears of each result, and whether it changed the state; not any more once the check is stopped. */
  check(schedule: ProbeSchedule, probe: Probe, told: CheckListener): EndpointCheck {
    const { now } = this.deadlines
    this.#latestStart = Math.max(this.#latestStart + APART, now)
    const wait = this.#latestStart - now
    const check = new EndpointCheck(this, schedule, probe, told)
    this.deadlines.arm(check, wait <= schedule.interval ? wait : this.random() * schedule.interval)
    return check
  }

  /** Only for checks: it is time for the next probe of one. */
  due(check: EndpointCheck): void {
    this.#due.add(check)
    this.#start()
  }

  /** Only for checks: a probe is over. */
  free(): void {
    this.#running--
    this.#start()
  }

  /** Only for checks: it does not want its turn any more. */
  forget(check: EndpointCheck): void {
    this.#due.delete(check)
  }

  #start(): void {
    // A probe that fails at once makes room for the next one: that is for the loop, or a long queue would nest.
    if (this.#starting) return
    this.#starting = true
    for (const check of this.#due) {
      if (this.#running >= this.#atOnce) break
      this.#due.delete(check)
      this.#running++
      check.begin()
    }
    this.#starting = false
  }
}

/** `failure` is '' where the probe was good. */
export type CheckListener = (check: EndpointCheck, failure: string, changed: boolean) => void

/** One endpoint that is probed. Its deadline is that of the running probe, or the start of the next. */
export class EndpointCheck extends Timed {
  readonly #prober: Prober
  readonly #schedule: ProbeSchedule
  readonly #probe: Probe
  readonly #told: CheckListener
  readonly #verdict: Verdict
  /** The probe that counts: what earlier ones still say does not. 0 = none runs. */
  #running = 0
  #probes = 0
  #giveUp: (() => void) | null = null
  #startedAt = 0
  #stopped = false

  constructor(prober: Prober, schedule: ProbeSchedule, probe: Probe, told: CheckListener) {
    super()
    this.#prober = prober
    this.#schedule = schedule
    this.#probe = probe
    this.#told = told
    this.#verdict = new Verdict(schedule)
  }

  get state() {
    return this.#verdict.state
  }

  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#prober.deadlines.remove(this)
    this.#prober.forget(this)
    if (this.#running !== 0) this.#leave()
  }

  override onDeadline(): void {
    if (this.#running === 0) this.#prober.due(this)
    else this.#ended(this.#running, `no answer in ${inWords(this.#schedule.timeout)}`)
  }

  /** Only for the prober. */
  begin(): void {
    const probe = ++this.#probes
    this.#running = probe
    this.#startedAt = this.#prober.deadlines.now
    this.#prober.deadlines.arm(this, this.#schedule.timeout)
    try {
      const giveUp = this.#probe((failure) => this.#ended(probe, failure))
      if (this.#running === probe) this.#giveUp = giveUp
      else attempt(giveUp)
    } catch (error) {
      this.#ended(probe, failureOf(error))
    }
  }

  #ended(probe: number, failure: string): void {
    if (probe !== this.#running || this.#stopped) return
    const { deadlines, random } = this.#prober
    const changed = this.#verdict.record(failure)
    const { interval, jitter } = this.#schedule
    const usual = this.#verdict.recovering ? Math.min(interval, RECOVERING) : interval
    const wait = usual * (1 + jitter * (2 * random() - 1)) - (deadlines.now - this.#startedAt)
    deadlines.arm(this, Math.max(wait, 0))
    this.#leave()
    this.#told(this, failure, changed)
  }

  /** Its place is free for another one. */
  #leave(): void {
    const giveUp = this.#giveUp
    this.#running = 0
    this.#giveUp = null
    if (giveUp !== null) attempt(giveUp)
    this.#prober.free()
  }
}

/** What closes a probe must not stop the others. */
function attempt(giveUp: () => void): void {
  try {
    giveUp()
  } catch {
    // It has nothing left to close.
  }
}

function inWords(ms: number): string {
  return ms >= 1000 ? `${ms / 1000}s` : `${ms}ms`
}
