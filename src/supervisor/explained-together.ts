// What several workers explain as one: the answer of the first, and where others see endpoints otherwise. Each worker has its own
// breaker, and ejects for itself.

import type { Explained, Explanation } from '../model/explanation.ts'

export function explainedTogether([first, ...others]: readonly [Explained, ...Explained[]]): Explained {
  if ('refused' in first) return first
  const { explanation } = first
  const differing = new Map<string, number>()
  for (const other of others) {
    if ('refused' in other) continue
    for (const difference of differences(explanation, other.explanation))
      differing.set(difference, (differing.get(difference) ?? 0) + 1)
  }
  if (differing.size === 0) return first
  const all = others.length + 1
  const notes = [...differing].map(([what, count]) => `${count} of ${all} workers see it otherwise: ${what}`)
  return { explanation: { ...explanation, notes: [...explanation.notes, ...notes] } }
}

function differences(one: Explanation, other: Explanation): string[] {
  // Another upstream of the route, by chance.
  if (one.route !== other.route || one.upstream !== other.upstream) return []
  const eligible = new Map(one.endpoints.map((endpoint) => [endpoint.address, endpoint.eligible]))
  const found = other.endpoints
    .filter((endpoint) => eligible.get(endpoint.address) === !endpoint.eligible)
    .map(({ address, why }) => `${address} ${why.startsWith('can be') ? why : `cannot be picked: ${why}`}`)
  if (one.answer?.reason === other.answer?.reason) return found
  return [
    ...found,
    other.answer === null ? 'an endpoint answers' : `the answer is ${other.answer.status} ${other.answer.reason ?? ''}`.trim(),
  ]
}
