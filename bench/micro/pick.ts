// One pick of every balancer at growing numbers of endpoints, idle and with requests in flight; and what building one takes.

import { BALANCERS } from '../../src/balancing/table.ts'
import type { BalancerSettings } from '../../src/model/balancer.ts'
import { systemClock, systemRandom } from '../../src/model/clock.ts'
import { Endpoint } from '../../src/model/endpoint.ts'
import { bench, benchOnce, type Result } from './harness.ts'

const SETTINGS: BalancerSettings = { time: { now: 0 }, load: () => 1, boundedLoad: null }

/** Keys of requests, spread as hashes are. */
const CONTEXTS = Array.from({ length: 1024 }, (_, i) => ({ tried: null, hash: Math.imul(i + 1, 0x9e3779b1) }))
const context = (call: number) => CONTEXTS[call & 1023] as (typeof CONTEXTS)[number]

const endpointsOf = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ endpoint: new Endpoint(`10.0.${i >> 8}.${i & 255}:8080`), weight: 1 + (i % 3) }))

export default function pick(): Result[] {
  const results: Result[] = []
  for (const balancer of BALANCERS.values()) {
    for (const count of [3, 100, 10_000]) {
      const endpoints = endpointsOf(count)
      const picker = balancer.build(endpoints, systemRandom, SETTINGS)
      results.push(bench(`pick ${balancer.name}, ${count} endpoints`, (call) => picker.pick(context(call))))
      if (!/requests|two|peak/.test(balancer.name)) continue
      for (const [i, { endpoint }] of endpoints.entries()) {
        endpoint.inFlight = 1 + (i % 5)
        picker.observe?.(endpoint, 5 + (i % 7), -5000, false)
      }
      results.push(bench(`pick ${balancer.name}, ${count} busy endpoints`, (call) => picker.pick(context(call))))
    }
  }
  results.push(...bounded(), ...builds(), observing())
  return results
}

function bounded(): Result[] {
  const ring = BALANCERS.get('ring-hash')
  if (ring === undefined) return []
  return [3, 100, 10_000].map((count) => {
    const endpoints = endpointsOf(count)
    const total = endpoints.reduce((sum, { weight }) => sum + weight, 0)
    const picker = ring.build(endpoints, systemRandom, { ...SETTINGS, load: () => 4 * total, boundedLoad: 1.25 })
    // Every other one is over its bound.
    for (const [i, { endpoint, weight }] of endpoints.entries()) endpoint.inFlight = (i % 2 === 0 ? 5 : 3) * weight
    return bench(`pick ring-hash 125%, ${count} busy endpoints`, (call) => picker.pick(context(call)))
  })
}

function observing(): Result {
  const endpoints = endpointsOf(100)
  const picker = BALANCERS.get('peak-ewma')?.build(endpoints, systemRandom, SETTINGS)
  return bench('observe peak-ewma', (call) => {
    const { endpoint } = endpoints[call % 100] as (typeof endpoints)[number]
    picker?.observe?.(endpoint, 5 + (call & 7), systemClock.now(), false)
  })
}

/** Whole builds, and the longest that one step of them keeps the process from its requests. */
function builds(): Result[] {
  const endpoints = endpointsOf(10_000)
  return [...BALANCERS.values()].flatMap((balancer) => {
    const whole = benchOnce(`build ${balancer.name}, 10000 endpoints`, () => balancer.build(endpoints, systemRandom, SETTINGS))
    return balancer.steps === undefined
      ? [whole]
      : [whole, longestStep(balancer.name, () => balancer.steps?.(endpoints, systemRandom, SETTINGS))]
  })
}

function longestStep(
  name: string,
  start: () => ReturnType<NonNullable<typeof import('../../src/balancing/ring-hash.ts')['ringHash']['steps']>> | undefined,
): Result {
  const longest: number[] = []
  for (let round = 0; round < 9; round++) {
    const steps = start()
    if (steps === undefined) break
    let most = 0
    for (let done = false; !done; ) {
      const begun = systemClock.now()
      done = steps.next().done === true
      most = Math.max(most, systemClock.now() - begun)
    }
    longest.push(most)
  }
  longest.sort((a, b) => a - b)
  return {
    name: `longest step of building ${name}`,
    nsPerOp: (longest[longest.length >> 1] ?? Number.NaN) * 1e6,
    bytesPerOp: null,
  }
}
