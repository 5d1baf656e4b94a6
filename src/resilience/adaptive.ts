// A concurrency limit found by its effect: as long as answers take about as long as they take without a queue, more may run; when they
// take longer, requests wait at the endpoints, and fewer may. In the manner of Netflix's gradient limit and Envoy's adaptive concurrency.

import type { AdaptiveLimit } from '../model/adaptive-limit.ts'

export interface AdaptiveSettings {
  /** Requests at a time, 1 ≤ minLimit ≤ maxLimit. */
  readonly minLimit: number
  readonly maxLimit: number
}

/** Where it begins, within its bounds: it doubles from there until answers become slower. */
const START = 20
/** A window is at least so long (ms), and at least as long as answers take: an effect shows no sooner. */
const WINDOW = 100
const MIN_SAMPLES = 20
const MIN_PROBED = 5
/** Older ones say nothing about now. */
const MAX_WINDOW = 30_000
/** Answers may take so many times the time without a queue before the limit falls. */
const TOLERANCE = 1.3
/** Always so many times the root of the limit more are let in than seem to fit: to see whether they do, and to share fairly. */
const HEADROOM = 1.5
/** The limit falls to no less than this part at a time. */
const STEEPEST = 0.5
/** Part of a window's answers that may fail. */
const FAILURES = 0.1
const AFTER_FAILURES = 0.8
/** How the time without a queue follows shorter times, and longer ones, while no more runs than during a probe and else. */
const FALL = 0.1
const RISE = 0.0003
const RISE_IDLE = 0.1
/**
 * While the limit is always used nobody sees the time without a queue: every so often (ms) fewer are let in to measure it, by all
 * processes at the same time, or each would measure the queue of the others.
 */
const PROBE_EVERY = 30_000
const PROBE_SOON = 5000
const PROBE_PART = 0.25
/** What two measurements may be apart by chance, as a fraction. */
const SAME = 0.25
/** Milliseconds, doubled until answers fit in four times; what comes in the first half still waited. */
const PROBE_TIME = 400

export class AdaptiveLimiter implements AdaptiveLimit {
  limit: number
  private settings: AdaptiveSettings
  /** Added to monotonic time it is the time of all processes. */
  private readonly offset: number
  private estimate: number
  /** It still doubles: at every other window, because answers of the next one were sent before. */
  private growing = true
  private grown = false
  /** Time of an answer without a queue (ms), 0 = not known. */
  private base = 0
  /** Of the last windows, smoothed (ms); 0 = there was none, -1 = one. */
  private recent = 0
  /** The highest estimate since `base` was last known for sure. */
  private highest: number
  private probeAt = 0
  /** Of the probe that runs; 0 = none does. */
  private probeEnds = 0
  private measureFrom = 0
  private windowAt = 0
  private total = 0
  private answers = 0
  private failures = 0
  private most = 0

  constructor(settings: AdaptiveSettings, offset: number) {
    this.settings = settings
    this.offset = offset
    this.estimate = this.highest = this.bounded(START)
    this.limit = Math.round(this.estimate)
  }

  get usual(): number {
    return Math.round(this.estimate)
  }

  /** Other bounds, by a reload or another part of them. */
  adopt(settings: AdaptiveSettings): void {
    this.settings = settings
    this.estimate = this.bounded(this.estimate)
    this.apply()
  }

  answered(latencyMs: number, running: number, now: number): boolean {
    if (this.probeEnds !== 0 && now < this.measureFrom) return false
    this.total += latencyMs
    this.answers++
    return this.sample(running, now)
  }

  failed(running: number, now: number): boolean {
    this.failures++
    return this.sample(running, now)
  }

  private sample(running: number, now: number): boolean {
    if (running > this.most) this.most = running
    const before = this.limit
    if (this.windowAt === 0 || now - this.windowAt > MAX_WINDOW) this.restart(now)
    else if (this.probeEnds !== 0) {
      if (now >= this.probeEnds) this.endProbe(now)
    } else if (now >= this.probeAt && this.answers > 0) this.beginProbe(now)
    else if (this.isFull(now)) {
      this.close(now)
      this.open(now)
    }
    return this.limit !== before
  }

  private isFull(now: number): boolean {
    const { answers, failures } = this
    return (
      answers + failures >= MIN_SAMPLES && now - this.windowAt >= Math.max(WINDOW, answers === 0 ? 0 : this.total / answers)
    )
  }

  private open(now: number): void {
    this.windowAt = now
    this.total = this.answers = this.failures = this.most = 0
  }

  /** After a pause, or at the very beginning. */
  private restart(now: number): void {
    this.probeEnds = 0
    this.probeLater(now)
    this.apply()
    this.open(now)
  }

  private close(now: number): void {
    const { answers, failures } = this
    if (failures > (answers + failures) * FAILURES) {
      this.growing = false
      // What failed while little ran is not for this limit to cure.
      if (this.most * 2 >= this.limit) this.move(this.estimate * AFTER_FAILURES)
      return
    }
    const latency = this.total / answers
    // Of the first answers only the quick ones have come.
    this.recent = this.recent === 0 ? -1 : this.recent === -1 ? latency : (this.recent + latency) / 2
    if (this.recent === -1) return
    this.learn(this.recent)
    this.follow(this.recent, now)
  }

  private follow(latency: number, now: number): void {
    if (this.most * 2 < this.limit) return
    const used = this.most >= this.limit * 0.9
    const gradient = Math.min(Math.max((TOLERANCE * this.base) / latency, STEEPEST), 1)
    if (gradient < 1) this.growing = false
    // A limit that is not reached says nothing about more; but what runs may be too much already.
    else if (!used) return
    this.grown = this.growing && !this.grown
    const from = used ? this.estimate : Math.min(this.estimate, this.most)
    if (this.grown) this.move(this.estimate * 2)
    else if (!this.growing) this.move((this.estimate + from * gradient + HEADROOM * Math.sqrt(this.estimate)) / 2)
    this.highest = Math.max(this.highest, this.estimate)
    // Much less runs and answers are no faster: perhaps it is not a queue that makes them slow.
    if (this.estimate <= this.highest / 4) this.probeAt = Math.min(this.probeAt, this.nextCommon(now, PROBE_SOON))
  }

  private learn(latency: number): void {
    const idle = this.most <= this.limit * PROBE_PART
    if (this.base === 0) this.base = latency
    else if (latency < this.base) this.base += (latency - this.base) * FALL
    else this.base += (latency - this.base) * (idle ? RISE_IDLE : RISE)
  }

  private probeLater(now: number): void {
    this.probeAt = this.nextCommon(now, PROBE_EVERY)
    this.highest = this.estimate
  }

  private nextCommon(now: number, every: number): number {
    return (Math.floor((now + this.offset) / every) + 1) * every - this.offset
  }

  private beginProbe(now: number): void {
    const latency = this.total / this.answers
    let time = PROBE_TIME
    while (time < latency * 4 && time < MAX_WINDOW / 2) time *= 2
    this.limit = Math.max(Math.ceil(this.settings.minLimit), Math.round(this.estimate * PROBE_PART))
    this.measureFrom = now + time / 2
    this.probeEnds = now + time
    this.open(now)
  }

  private endProbe(now: number): void {
    if (this.answers >= MIN_PROBED && this.answers > this.failures) {
      const latency = this.total / this.answers
      // About the same as before: then both together are nearer to the truth.
      this.base = Math.abs(latency - this.base) < this.base * SAME ? this.base + (latency - this.base) * 0.3 : latency
      this.recent = latency
    }
    this.restart(now)
  }

  private move(estimate: number): void {
    this.estimate = this.bounded(estimate)
    this.apply()
  }

  private bounded(estimate: number): number {
    return Math.min(Math.max(estimate, this.settings.minLimit), this.settings.maxLimit)
  }

  private apply(): void {
    if (this.probeEnds === 0) this.limit = Math.round(this.estimate)
  }
}
