// When a breaker opens, who is let through half open, and what closes it again. On fake timers: opossum has its own clock.

import { mock } from 'node:test'
import t, { type Test } from 'tap'
import type { Exchange } from '../../src/model/exchange.ts'
import { type BreakerOptions, loadCircuit, UpstreamBreaker } from '../../src/resilience/breaker.ts'
import { fakeExchange } from '../support/fake-exchange.ts'

const OPTIONS: BreakerOptions = {
  errorPercent: 50,
  window: 10_000,
  minimumRequests: 4,
  resetAfter: 5000,
  on: new Set(['connect-failure', 'timeout', '503']),
}

const circuit = await loadCircuit()

/** Lets opossum's promises come to their end. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

interface Bench {
  readonly breaker: UpstreamBreaker
  readonly x: (name?: string) => Exchange
  /** Outcomes of one exchange each: `o` good, `x` error. */
  feed(outcomes: string): Promise<void>
  turn(ms: number): void
  opened: number
}

async function bench(t: Test, changes: Partial<BreakerOptions>, body: (bench: Bench) => Promise<void>): Promise<void> {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: 1000 })
  const clock = { now: () => Date.now(), wall: () => Date.now() + 1_000_000 }
  const it: Bench = {
    breaker: new UpstreamBreaker(circuit, { ...OPTIONS, ...changes }, clock, {
      opened: () => {
        it.opened++
      },
    }),
    x: () => fakeExchange(),
    async feed(outcomes) {
      for (const outcome of outcomes) {
        const x = fakeExchange()
        if (it.breaker.enter(x)) it.breaker.record(x, outcome === 'x' ? 'connect-failure' : 'ok', outcome === 'x' ? 0 : 200)
        await settle()
      }
    },
    turn: (ms) => mock.timers.tick(ms),
    opened: 0,
  }
  try {
    await body(it)
  } finally {
    it.breaker.close()
    mock.timers.reset()
  }
  t.equal(it.breaker.state, 'closed', 'a closed one is in nobodys way')
}

t.test('opens at its share, from its number of requests on', async (t) => {
  await bench(t, {}, async ({ breaker, feed }) => {
    await feed('oxx')
    t.equal(breaker.state, 'closed', 'three are not enough')
    await feed('o')
    t.equal(breaker.state, 'closed', 'what is good opens nothing')
    await feed('x')
    t.equal(breaker.state, 'open', '3 of 5')
  })
  await bench(t, {}, async ({ breaker, feed }) => {
    await feed('oxox')
    t.equal(breaker.state, 'open', 'exactly its share')
  })
  await bench(t, { errorPercent: 100 }, async ({ breaker, feed }) => {
    await feed('oxxx')
    t.equal(breaker.state, 'closed')
  })
  await bench(t, { errorPercent: 100 }, async ({ breaker, feed }) => {
    await feed('xxxx')
    t.equal(breaker.state, 'open')
  })
  await bench(t, {}, async ({ breaker, feed, turn }) => {
    await feed('xxx')
    turn(11_000)
    await feed('x')
    t.equal(breaker.state, 'closed', 'what is older than the window does not count')
  })
})

t.test('what counts as an error', async (t) => {
  const rows = [
    ['ok', 503, true],
    ['ok', 500, false],
    ['timeout', 0, true],
    ['reset', 0, false],
    ['cancelled', 0, false],
  ] as const
  for (const [outcome, status, error] of rows) {
    await bench(t, {}, async ({ breaker, x }) => {
      for (let i = 0; i < 4; i++) breaker.record(x(), outcome, status)
      await settle()
      t.equal(breaker.state, error ? 'open' : 'closed', `${outcome} ${status}`)
    })
  }
  await bench(t, {}, async ({ breaker, x, feed }) => {
    for (let i = 0; i < 50; i++) breaker.record(x(), 'cancelled', 0)
    await feed('xxx')
    t.equal(breaker.state, 'closed', 'what was cancelled is no outcome at all')
    await feed('x')
    t.equal(breaker.state, 'open')
  })
})

t.test('open, half open, one at a time, closed', async (t) => {
  await bench(t, {}, async (it) => {
    const { breaker, x, feed, turn } = it
    const old = x()
    t.ok(breaker.enter(old))
    await feed('xxxx')
    t.equal(it.opened, 1)
    t.notOk(breaker.enter(x()))
    t.equal(breaker.retryAfter, 5)
    t.equal(breaker.until, 1_006_000)
    turn(1500)
    t.equal(breaker.retryAfter, 4)
    turn(3400)
    t.equal(breaker.retryAfter, 1)
    t.equal(breaker.state, 'open')
    turn(100)
    t.equal(breaker.state, 'half-open')
    t.equal(breaker.until, null)

    breaker.record(old, 'ok', 200)
    await settle()
    t.equal(breaker.state, 'half-open', 'an old one says nothing about now')
    const probe = x()
    t.ok(breaker.passes(probe))
    t.ok(breaker.passes(x()), 'who only asks changes nothing')
    t.ok(breaker.enter(probe))
    t.ok(breaker.enter(probe), 'it may ask again')
    t.notOk(breaker.enter(x()))
    breaker.record(probe, 'timeout', 0)
    t.notOk(breaker.enter(probe), 'it has had its try')
    await settle()
    t.equal(breaker.state, 'open')
    t.equal(it.opened, 2)

    turn(5000)
    const better = x()
    t.ok(breaker.enter(better))
    breaker.answered(better, 200)
    breaker.record(better, 'reset', 200)
    breaker.leave(better)
    t.notOk(breaker.enter(x()), 'one moment')
    await settle()
    t.equal(breaker.state, 'closed')
    await feed('xxx')
    t.equal(breaker.state, 'closed', 'with an empty window')
    await feed('x')
    t.equal(breaker.state, 'open')
  })
})

t.test('a probe that leaves, and one that never says anything', async (t) => {
  await bench(t, {}, async ({ breaker, x, feed, turn }) => {
    await feed('xxxx')
    turn(5000)
    const gone = x()
    breaker.enter(gone)
    breaker.record(gone, 'cancelled', 0)
    t.notOk(breaker.enter(x()), 'a cancelled attempt alone is not the end of its exchange')
    breaker.leave(x())
    t.notOk(breaker.enter(x()), 'another one leaving is nothing to it')
    breaker.leave(gone)
    const silent = x()
    t.ok(breaker.enter(silent))
    turn(4999)
    t.notOk(breaker.enter(x()))
    turn(1)
    const next = x()
    t.ok(breaker.enter(next))
    breaker.record(silent, 'ok', 200)
    await settle()
    t.equal(breaker.state, 'half-open', 'too late')
    breaker.record(next, 'ok', 200)
    await settle()
    t.equal(breaker.state, 'closed')
  })
})

t.test('keeps no memory of latencies', async (t) => {
  await bench(t, {}, async ({ breaker, x }) => {
    const one = x()
    for (let i = 0; i < 5000; i++) {
      breaker.record(one, 'ok', 200)
      if (i % 100 === 0) await settle()
    }
    await settle()
    const { current } = breaker as unknown as { current: { status: { window: { latencyTimes: number[] }[] } } }
    const kept = current.status.window.reduce((sum, { latencyTimes }) => sum + latencyTimes.length, 0)
    t.ok(kept <= 1024 + 100, `${kept} kept`)
  })
})

t.test('closed for good, nothing is left', async (t) => {
  const errors: unknown[] = []
  const note = (error: unknown): void => {
    errors.push(error)
  }
  process.on('unhandledRejection', note)
  await bench(t, {}, async ({ breaker, x, feed }) => {
    await feed('xxxx')
    breaker.close()
    t.ok(breaker.enter(x()))
    for (let i = 0; i < 9; i++) breaker.record(x(), 'timeout', 0)
    await settle()
    t.equal(breaker.state, 'closed')
  })
  await new Promise((resolve) => setTimeout(resolve, 5))
  process.off('unhandledRejection', note)
  t.strictSame(errors, [])
})
