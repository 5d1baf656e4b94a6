// Latency as a guide, with a clock that is turned: quick endpoints get more, and none is given up.

import t from 'tap'
import { peakEwma } from '../../src/balancing/peak-ewma.ts'
import type { PickContext, Picker, WeightedEndpoint } from '../../src/model/balancer.ts'
import type { Endpoint } from '../../src/model/endpoint.ts'
import { endpoints, FRESH, SETTINGS, seeded } from './endpoints.ts'

interface Answer {
  readonly at: number
  readonly endpoint: Endpoint
  readonly ms: number
  readonly failed: boolean
}

/** Virtual time: requests at a steady rate, each answered after what `latency` says. */
class Stage {
  now = 0
  readonly all: readonly WeightedEndpoint[]
  readonly picker: Picker
  readonly #running: Answer[] = []

  constructor(all: readonly WeightedEndpoint[], build: (time: { readonly now: number }) => Picker) {
    this.all = all
    this.picker = build(this)
  }

  /** Picks of each endpoint, in the order written. `latency` below 0: it fails after that long. */
  run(seconds: number, rate: number, latency: (index: number, now: number) => number): number[] {
    const picks = this.all.map(() => 0)
    for (const until = this.now + seconds * 1000; this.now < until; this.now += 1000 / rate) {
      this.#answer()
      const endpoint = this.picker.pick(FRESH) as Endpoint
      const index = this.all.findIndex((of) => of.endpoint === endpoint)
      picks[index] = (picks[index] as number) + 1
      const ms = latency(index, this.now)
      endpoint.inFlight++
      this.#running.push({ at: this.now + Math.abs(ms), endpoint, ms: Math.abs(ms), failed: ms < 0 })
    }
    return picks
  }

  #answer(): void {
    this.#running.sort((a, b) => a.at - b.at)
    while ((this.#running[0]?.at ?? Number.POSITIVE_INFINITY) <= this.now) {
      const { at, endpoint, ms, failed } = this.#running.shift() as Answer
      endpoint.inFlight--
      this.picker.observe?.(endpoint, ms, at, failed)
    }
  }
}

const ours = (weights: readonly number[], seed = 1) => {
  const all = endpoints(...weights)
  return new Stage(all, (time) => peakEwma.build(all, seeded(seed), { ...SETTINGS, time }))
}

/**
 * What is published and widely used: the estimate moves when there is an answer, and only then; the better of two is taken. Here to
 * show that the scene below starves it.
 */
class PublishedEwma implements Picker {
  readonly #all: readonly WeightedEndpoint[]
  readonly #random: () => number
  readonly #known = new Map<Endpoint, { ms: number; at: number }>()

  constructor(all: readonly WeightedEndpoint[], random: () => number) {
    this.#all = all
    this.#random = random
  }

  pick(_: PickContext): Endpoint {
    const draw = () => (this.#all[Math.floor(this.#random() * this.#all.length)] as WeightedEndpoint).endpoint
    const one = draw()
    let other = draw()
    while (other === one) other = draw()
    const cost = (endpoint: Endpoint) => (this.#known.get(endpoint)?.ms ?? 0) * (endpoint.inFlight + 1)
    return cost(other) < cost(one) ? other : one
  }

  observe(endpoint: Endpoint, ms: number, now: number): void {
    const { ms: before, at } = this.#known.get(endpoint) ?? { ms, at: now }
    const keeps = ms > before ? 0 : Math.exp(-(now - at) / 10_000)
    this.#known.set(endpoint, { ms: before * keeps + ms * (1 - keeps), at: now })
  }
}

/** The first is slow for 5 s, then as quick as the others. */
const slowStart = (slow: number) => (index: number, now: number) => (index === 0 && now < 5000 ? slow : 10)

for (const [count, rate] of [
  [2, 5],
  [2, 1000],
  [3, 100],
  [10, 20],
  [10, 2000],
  [50, 500],
] as const) {
  for (const slow of [100, 2000, 20_000]) {
    t.test(`a start ${slow / 10} times too slow, ${count} endpoints, ${rate}/s: back within 30 s`, async (t) => {
      const stage = ours(new Array<number>(count).fill(1), 3)
      stage.run(5, rate, slowStart(slow))
      // The last of the slow answers is there at the latest after `slow`.
      stage.run(Math.max(0, slow - 5000) / 1000 + 30, rate, slowStart(slow))
      const picks = stage.run(20, rate, slowStart(slow))
      const fair = picks.reduce((a, b) => a + b) / count
      const slack = 0.15 * fair + 4 * Math.sqrt(fair)
      t.ok(Math.abs((picks[0] as number) - fair) <= slack, `${picks[0]} of a fair ${fair}`)
    })
  }
}

t.test('the published algorithm never asks the slow starter again', async (t) => {
  const all = endpoints(1, 1, 1)
  const stage = new Stage(all, () => new PublishedEwma(all, seeded(3)))
  stage.run(5, 100, slowStart(2000))
  stage.run(30, 100, slowStart(2000))
  const [starved] = stage.run(600, 100, slowStart(2000))
  t.equal(starved, 0)
})

t.test('an endpoint that stays slow gets little, and is asked again every now and then', async (t) => {
  const stage = ours([1, 1, 1])
  const latency = (index: number) => (index === 0 ? 200 : 10)
  stage.run(10, 200, latency)
  const picks = stage.run(100, 200, latency)
  const total = picks.reduce((a, b) => a + b)
  t.ok((picks[0] as number) >= 50, `${picks[0]} in 100 s`)
  t.ok((picks[0] as number) <= total * 0.01, `${picks[0]} of ${total}`)
})

t.test('a peak counts at once', async (t) => {
  const stage = ours([1, 1])
  stage.run(20, 100, () => 10)
  const { endpoint } = stage.all[0] as WeightedEndpoint
  stage.picker.observe?.(endpoint, 500, stage.now, false)
  t.equal(endpoint.latencyMs, 500)
  t.equal(stage.run(0.5, 100, () => 10)[0], 0)
})

t.test('quick failures attract nothing', async (t) => {
  const stage = ours([1, 1, 1])
  const latency = (index: number) => (index === 0 ? -0.1 : 20)
  stage.run(2, 200, latency)
  const picks = stage.run(60, 200, latency)
  const total = picks.reduce((a, b) => a + b)
  t.ok((picks[0] as number) <= total * 0.01, `${picks[0]} of ${total} failed`)
  stage.run(15, 200, () => 20)
  const after = stage.run(30, 200, () => 20)
  t.ok(Math.abs((after[0] as number) / 6000 - 1 / 3) < 0.05, `${after[0]} of 6000 when it is well again`)
})

t.test('one that hangs is left alone: what runs counts before anything is known', async (t) => {
  const stage = ours([1, 1, 1, 1])
  const picks = stage.run(20, 200, (index) => (index === 0 ? 1e9 : 10))
  t.ok((picks[0] as number) <= 20, `${picks[0]} hang`)
})

t.test('weights hold between endpoints that are about as quick', async (t) => {
  const stage = ours([1, 3, 6])
  const noise = seeded(9)
  const latency = (index: number) => 10 + index + noise() * 0.5
  stage.run(5, 20, latency)
  const picks = stage.run(600, 20, latency)
  const total = picks.reduce((a, b) => a + b)
  for (const [i, weight] of [1, 3, 6].entries())
    t.ok(Math.abs((picks[i] as number) / total - weight / 10) < 0.03, `${picks[i]} of ${total} for weight ${weight}`)
})

t.test('twice as slow gets less than half of its share', async (t) => {
  const stage = ours([1, 1])
  const latency = (index: number) => (index === 0 ? 20 : 10)
  stage.run(5, 500, latency)
  const [slow, quick] = stage.run(30, 500, latency) as [number, number]
  t.ok(slow < quick / 2, `${slow} to ${quick}`)
})

t.test('what is known outlives the picker', async (t) => {
  const stage = ours([1, 1])
  stage.run(10, 100, (index) => (index === 0 ? 300 : 10))
  const rebuilt = new Stage(stage.all, (time) => peakEwma.build(stage.all, seeded(2), { ...SETTINGS, time }))
  rebuilt.now = stage.now
  const [slow] = rebuilt.run(0.5, 100, () => 10)
  t.ok((slow as number) <= 1, `${slow}: one may be to ask again`)
})

t.test('zero latency, time that stands still, an answer from before: nothing breaks', async (t) => {
  const stage = ours([1, 1])
  for (const ms of [0, 0, 1e9, 0]) for (const { endpoint } of stage.all) stage.picker.observe?.(endpoint, ms, 100, false)
  stage.now = 50
  for (let i = 0; i < 100; i++) t.ok(stage.picker.pick(FRESH))
  for (const { endpoint } of stage.all) t.ok(endpoint.latencyMs > 0 && Number.isFinite(endpoint.latencyMs))
})
