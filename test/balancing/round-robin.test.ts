import t from 'tap'
import { roundRobin } from '../../src/balancing/round-robin.ts'
import type { Endpoint } from '../../src/model/endpoint.ts'
import { endpoints, FRESH, SETTINGS, seeded } from './endpoints.ts'

function sequence(weights: readonly number[], picks: number, seed = 1): string[] {
  const picker = roundRobin.build(endpoints(...weights), seeded(seed), SETTINGS)
  return Array.from({ length: picks }, () => (picker.pick(FRESH) as Endpoint).address)
}

t.test('equal weights go around in the order given', async (t) => {
  for (let seed = 1; seed < 10; seed++) {
    const [start] = sequence([1, 1, 1], 1, seed) as [string]
    const around = sequence([1, 1, 1], 300, seed)
    for (let i = 0; i < around.length; i++) t.equal(around[i], `e${(Number(start[1]) + i) % 3}`)
  }
})

t.test('processes start at different places', async (t) => {
  const starts = new Set(Array.from({ length: 30 }, (_, seed) => sequence([1, 1, 1], 1, seed)[0]))
  t.equal(starts.size, 3)
})

t.test('every round has exactly the turns that weights say, for many rounds', async (t) => {
  for (const weights of [
    [5, 1, 1],
    [1, 65535],
    [7, 3, 3, 2, 1],
    [2, 2, 2],
  ]) {
    const round = weights.reduce((a, b) => a + b)
    const picker = roundRobin.build(endpoints(...weights), seeded(2), SETTINGS)
    for (let k = 0; k < (round > 1000 ? 3 : 500); k++) {
      const counts = new Map<string, number>()
      for (let i = 0; i < round; i++) {
        const { address } = picker.pick(FRESH) as Endpoint
        counts.set(address, (counts.get(address) ?? 0) + 1)
      }
      t.strictSame(
        weights.map((_, i) => counts.get(`e${i}`)),
        weights,
      )
    }
  }
})

t.test('turns are spread, not bunched', async (t) => {
  for (let seed = 1; seed < 20; seed++) {
    t.notMatch(sequence([5, 1, 1], 70, seed).join(' '), /e0 e0 e0 e0 e0/)
    t.notMatch(sequence([90, 10], 300, seed).join(' '), /e1 e1|e1( e0){11}/)
  }
})

t.test('who was skipped as tried keeps its turn', async (t) => {
  const all = endpoints(1, 1, 1)
  const picker = roundRobin.build(all, seeded(1), SETTINGS)
  const one = picker.pick(FRESH) as Endpoint
  const other = picker.pick({ tried: [one], hash: 0 }) as Endpoint
  const next = picker.pick({ tried: [other], hash: 0 }) as Endpoint
  t.equal(new Set([one, other, next]).size, 3)
})
