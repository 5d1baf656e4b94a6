// One pick of every balancer at growing numbers of endpoints, idle and with requests in flight.

import { BALANCERS } from '../../src/balancing/table.ts'
import { systemRandom } from '../../src/model/clock.ts'
import { Endpoint } from '../../src/model/endpoint.ts'
import { bench, type Result } from './harness.ts'

const FRESH = { tried: null }

export default function pick(): Result[] {
  const results: Result[] = []
  for (const balancer of BALANCERS.values()) {
    for (const count of [3, 100, 10_000]) {
      const endpoints = Array.from({ length: count }, (_, i) => ({ endpoint: new Endpoint(`e${i}`), weight: 1 + (i % 3) }))
      const picker = balancer.build(endpoints, systemRandom)
      results.push(bench(`pick ${balancer.name}, ${count} endpoints`, () => picker.pick(FRESH)))
      if (!balancer.name.includes('requests') && balancer.name !== 'power-of-two') continue
      for (const [i, { endpoint }] of endpoints.entries()) endpoint.inFlight = 1 + (i % 5)
      results.push(bench(`pick ${balancer.name}, ${count} busy endpoints`, () => picker.pick(FRESH)))
    }
  }
  return results
}
