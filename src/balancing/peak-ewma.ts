// Who answers soonest: two are drawn by weight, the one with the higher cost is left out. Cost is the latency (a moving average that
// jumps to peaks, as in Finagle's Peak EWMA) times the requests in flight. Unlike there, an endpoint that looked slow is asked again
// in a while, whatever the others do: one that gets no traffic would keep its bad name for ever. O(1).

import type { Balancer, BalancerSettings, PickContext, Picker, WeightedEndpoint } from '../model/balancer.ts'
import type { Random } from '../model/clock.ts'
import type { Endpoint } from '../model/endpoint.ts'
import { EndpointDraw } from './endpoint-draw.ts'

/** Milliseconds in which what is known loses all but 1/e of its say. */
const DECAY = 10_000
/** Costs that are this close are equal: the draw decides, so that weights hold and noise starves nobody. */
const CLOSE = 1.25
/** Who was not heard of for so long (ms) is asked again, with one of so many picks at most and one request at a time. */
const FORGOTTEN_AFTER = 1000
const PICKS_PER_EXPLORATION = 16
/** What remains of an estimate when a quick answer comes from a forgotten endpoint. */
const FORGOTTEN_KEEPS = 0.5
/** A failure counts as this many times the usual latency, and as this much (ms) at least. */
const FAILURE_FACTOR = 10
const FAILURE_MS = 100
/** Below this (ms) answers are equally quick. */
const QUICKEST = 0.05
/** How much one answer moves what is usual. */
const USUAL_GAIN = 1 / 32
const REDRAWS = 4

export const peakEwma: Balancer = {
  name: 'peak-ewma',
  build: (endpoints, random, settings) => new PeakEwmaPicker(endpoints, random, settings),
}

class PeakEwmaPicker implements Picker {
  readonly #endpoints: readonly WeightedEndpoint[]
  readonly #lots: EndpointDraw
  readonly #redraws: number
  readonly #meanWeight: number
  readonly #time: BalancerSettings['time']
  /** Latency of this upstream's answers (ms), NaN = none yet. */
  #usual: number
  #sinceExploration = 0

  constructor(endpoints: readonly WeightedEndpoint[], random: Random, { time }: BalancerSettings) {
    this.#endpoints = [...endpoints]
    this.#lots = new EndpointDraw(endpoints, random)
    this.#redraws = endpoints.length > 1 ? REDRAWS : 0
    this.#meanWeight = endpoints.reduce((sum, { weight }) => sum + weight, 0) / endpoints.length
    this.#time = time
    this.#usual = median(endpoints.map(({ endpoint }) => endpoint.latencyMs).filter((ms) => !Number.isNaN(ms)))
  }

  peek(context: PickContext, random: Random): Endpoint | null {
    const since = this.#sinceExploration
    const endpoint = this.#lots.aside(random, () => this.pick(context))
    this.#sinceExploration = since
    return endpoint
  }

  pick({ tried }: PickContext): Endpoint | null {
    const one = this.#lots.draw(tried)
    if (one === null) return null
    const other = this.#another(one, tried)
    if (other === null) return one.endpoint
    const { now } = this.#time
    const costOfOne = this.#cost(one, now)
    const costOfOther = this.#cost(other, now)
    this.#sinceExploration++
    const worse = costOfOther > costOfOne ? other.endpoint : one.endpoint
    if (this.#sinceExploration >= PICKS_PER_EXPLORATION && worse.inFlight === 0 && now - worse.latencyAt >= FORGOTTEN_AFTER) {
      this.#sinceExploration = 0
      return worse
    }
    // When they are close the first draw decides: its chance is exactly its weight.
    return costOfOther * CLOSE < costOfOne ? other.endpoint : one.endpoint
  }

  /** Drawn as well; when the same one is drawn again and again, because it is heavy or there are few, whoever comes. */
  #another(one: WeightedEndpoint, tried: readonly Endpoint[] | null): WeightedEndpoint | null {
    for (let i = 0; i < this.#redraws; i++) {
      const other = this.#lots.draw(tried) as WeightedEndpoint
      if (other !== one) return other
    }
    const all = this.#endpoints
    for (let i = 0; i < all.length; i++) {
      const other = all[(i + this.#sinceExploration) % all.length] as WeightedEndpoint
      if (other !== one && !tried?.includes(other.endpoint)) return other
    }
    return null
  }

  #cost({ endpoint, weight }: WeightedEndpoint, now: number): number {
    return this.#latency(endpoint, now) * ((endpoint.inFlight * this.#meanWeight) / weight + 1)
  }

  /** What was seen, on its way back (by factors, so that a hundred times too slow takes little longer than ten) to what is usual. */
  #latency({ latencyMs, latencyAt }: Endpoint, now: number): number {
    if (Number.isNaN(this.#usual)) return 1
    if (Number.isNaN(latencyMs)) return this.#usual
    const age = now - latencyAt
    // A hundredth of the way is not worth the arithmetic.
    if (age < DECAY / 100) return latencyMs
    return this.#usual * (latencyMs / this.#usual) ** Math.exp(-age / DECAY)
  }

  observe(endpoint: Endpoint, ms: number, now: number, failed: boolean): void {
    if (!failed) this.#learn(Math.max(QUICKEST, ms))
    const usual = Number.isNaN(this.#usual) ? 0 : this.#usual
    const seen = failed ? Math.max(ms, FAILURE_MS, FAILURE_FACTOR * usual) : Math.max(QUICKEST, ms)
    const before = endpoint.latencyMs
    const age = Math.max(0, now - endpoint.latencyAt)
    const known = !Number.isNaN(before) && seen < before
    const keeps = known ? Math.min(Math.exp(-age / DECAY), age >= FORGOTTEN_AFTER ? FORGOTTEN_KEEPS : 1) : 0
    endpoint.latencyMs = keeps === 0 ? seen : seen * (before / seen) ** keeps
    endpoint.latencyAt = now
  }

  #learn(ms: number): void {
    this.#usual = Number.isNaN(this.#usual) ? ms : this.#usual * (ms / this.#usual) ** USUAL_GAIN
  }
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}
