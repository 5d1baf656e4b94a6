// When endpoints are probed: ten thousand of them on a clock that is turned by hand.

import t from 'tap'
import type { Probe } from '../../src/health/probe.ts'
import { type CheckListener, Prober, type ProbeSchedule } from '../../src/health/prober.ts'
import { Deadlines } from '../../src/model/deadlines.ts'
import { seeded } from '../balancing/endpoints.ts'

const SCHEDULE: ProbeSchedule = {
  interval: 5000,
  jitter: 0.2,
  timeout: 1000,
  healthy: 2,
  unhealthy: 3,
  initial: 'up',
}

function world(atOnce = 256) {
  const clock = { time: 1000, now: () => clock.time, wall: () => 0 }
  const deadlines = new Deadlines(clock)
  const prober = new Prober({ deadlines, random: seeded(1), atOnce })
  /** Answers that are under way: when, and what. */
  let answers: { at: number; answer: () => void }[] = []
  return {
    prober,
    clock,
    later: (ms: number, answer: () => void) => answers.push({ at: clock.time + ms, answer }),
    run(ms: number, each: () => void = () => {}) {
      for (const end = clock.time + ms; clock.time < end; ) {
        clock.time += 10
        const due = answers.filter(({ at }) => at <= clock.time)
        if (due.length > 0) answers = answers.filter(({ at }) => at > clock.time)
        for (const { answer } of due) answer()
        if (clock.time % 50 === 0) deadlines.turn()
        each()
      }
    },
  }
}

const nobody: CheckListener = () => {}

t.test('ten thousand endpoints: spread, bounded, each in its interval', async (t) => {
  const { prober, clock, later, run } = world()
  let running = 0
  let most = 0
  const starts: number[][] = []
  for (let i = 0; i < 10_000; i++) {
    const times: number[] = []
    starts.push(times)
    prober.check(
      SCHEDULE,
      (done) => {
        times.push(clock.time)
        most = Math.max(most, ++running)
        later(20, () => done(''))
        return () => running--
      },
      nobody,
    )
  }
  const perSecond: number[] = []
  let before = 0
  run(60_000, () => {
    if (clock.time % 1000 !== 0) return
    const all = starts.reduce((sum, times) => sum + times.length, 0)
    perSecond.push(all - before)
    before = all
  })
  t.ok(most <= 256, `${most} at once`)
  t.ok(
    starts.every(([first = Number.POSITIVE_INFINITY]) => first <= 1000 + 5100),
    'everybody within the first interval',
  )
  t.ok(Math.max(...perSecond) < 3000 && Math.min(...perSecond.slice(0, -1)) > 1200, `spread: ${perSecond.slice(0, 20)}`)
  const gaps = starts.flatMap((times) => times.slice(1).map((time, i) => time - (times[i] as number)))
  t.ok(Math.min(...gaps) >= 3950 && gaps.reduce((a, b) => Math.max(a, b)) <= 6200, 'each at its pace, with jitter')
  const mean = gaps.reduce((a, b) => a + b) / gaps.length
  t.ok(mean > 4950 && mean < 5150, `${mean}`)
})

t.test('all of them hang: no more at once than allowed, and everybody gets a turn', async (t) => {
  const { prober, run } = world(10)
  let running = 0
  let most = 0
  const probed = new Set<number>()
  const failures: string[] = []
  for (let i = 0; i < 100; i++) {
    prober.check(
      SCHEDULE,
      () => {
        probed.add(i)
        most = Math.max(most, ++running)
        return () => running--
      },
      (_check, failure) => failures.push(failure),
    )
  }
  run(15_000)
  t.equal(most, 10)
  t.equal(probed.size, 100)
  t.same(new Set(failures), new Set(['no answer in 1s']))
  t.ok(failures.length >= 100)
})

t.test('a probe that throws, or answers twice, or too late, is one probe', async (t) => {
  const { prober, run, later } = world(1)
  const heard: string[] = []
  let time = 0
  const probe: Probe = (done) => {
    time++
    if (time === 1) throw new Error('out of order')
    if (time === 2) {
      done('')
      done('again')
      return () => {
        throw new Error('cannot be closed')
      }
    }
    later(time === 3 ? 1500 : 10, () => done(`answer ${time}`))
    return () => {}
  }
  prober.check({ ...SCHEDULE, jitter: 0, interval: 2000 }, probe, (_check, failure) => heard.push(failure))
  run(8000)
  t.same(heard.slice(0, 4), ['out of order', '', 'no answer in 1s', 'answer 4'])
})

t.test('ten thousand that fail at once do not nest', async (t) => {
  const { prober, run, later } = world(1)
  let failed = 0
  // Behind one that takes its time they all wait in the queue.
  const slow: Probe = (done) => {
    later(400, () => done(''))
    return () => {}
  }
  prober.check({ ...SCHEDULE, interval: 60_000 }, slow, nobody)
  for (let i = 0; i < 10_000; i++) {
    prober.check(
      { ...SCHEDULE, interval: 50 },
      () => {
        throw new Error('no')
      },
      () => failed++,
    )
  }
  run(700)
  t.ok(failed >= 10_000)
})

t.test('a check that is stopped is stopped: waiting, in the queue, running, and while it is told', async (t) => {
  const { prober, run, later } = world(1)
  const heard: string[] = []
  let closed = 0
  const probe =
    (name: string): Probe =>
    (done) => {
      heard.push(`${name} begins`)
      later(100, () => done(''))
      return () => closed++
    }
  const told: CheckListener = (check) => {
    heard.push('told')
    check.stop()
  }
  const running = prober.check(SCHEDULE, probe('running'), told)
  const queued = prober.check(SCHEDULE, probe('queued'), told)
  prober.check(SCHEDULE, probe('once'), told)
  run(100)
  running.stop()
  queued.stop()
  running.stop()
  run(20_000)
  t.same(heard, ['running begins', 'once begins', 'told'])
  t.equal(closed, 2)
  const after = prober.check({ ...SCHEDULE, jitter: 0 }, probe('after'), nobody)
  run(12_000)
  t.equal(heard.filter((word) => word === 'after begins').length, 3, 'places were given back')
  after.stop()
})

t.test('after a failure good answers are asked for more quickly, until they are enough', async (t) => {
  const { prober, clock, run } = world()
  const starts: number[] = []
  const answers = ['', '', 'no', 'no', 'no', '', '', '']
  const check = prober.check(
    { ...SCHEDULE, jitter: 0 },
    (done) => {
      starts.push(clock.time)
      done(answers[starts.length - 1] ?? '')
      return () => {}
    },
    nobody,
  )
  run(40_000)
  const gaps = starts.slice(1).map((time, i) => Math.round((time - (starts[i] as number)) / 1000))
  t.same(gaps.slice(0, 7), [5, 5, 5, 5, 5, 1, 5])
  t.same(check.state, { up: true, steady: true, reason: '' })
})

t.test('a timeout that is longer than the interval: one probe at a time', async (t) => {
  const { prober, run } = world()
  let running = 0
  let most = 0
  let probes = 0
  prober.check(
    { ...SCHEDULE, interval: 200, timeout: 1000 },
    () => {
      probes++
      most = Math.max(most, ++running)
      return () => running--
    },
    nobody,
  )
  run(10_000)
  t.equal(most, 1)
  t.ok(probes >= 8 && probes <= 10, `${probes}`)
})
