// Runs fuzz cases in batches and counts what became of them; shared by the test and the long run.

import { compareChunked, compareRequest, compareResponse, type Verdict } from './fuzz-compare.ts'
import { RequestOracle } from './fuzz-llhttp.ts'
import { chunkedBody, request, response } from './fuzz-messages.ts'
import { mutate } from './fuzz-mutations.ts'
import { Dice } from './fuzz-random.ts'

export const PARTS = ['requests', 'responses', 'chunks'] as const
export type Part = (typeof PARTS)[number]

export interface FuzzResult {
  cases: number
  readonly counts: Record<Verdict['kind'], number>
  /** The first few differences, with the bytes that make them. */
  readonly differences: string[]
}

const BATCH = 250
const MAX_DIFFERENCES = 20

async function runOne(part: Part, dice: Dice, oracle: RequestOracle): Promise<{ bytes: string; verdict: Verdict }> {
  if (part === 'requests') {
    const bytes = mutate(dice, request(dice), request(dice))
    return { bytes, verdict: await compareRequest(dice, oracle, bytes) }
  }
  if (part === 'responses') {
    const bytes = mutate(dice, response(dice), response(dice))
    return { bytes, verdict: await compareResponse(dice, bytes, dice.pick(['GET', 'GET', 'HEAD', 'POST'])) }
  }
  const bytes = mutate(dice, chunkedBody(dice), chunkedBody(dice))
  return { bytes, verdict: await compareChunked(dice, oracle, bytes) }
}

/** Runs cases until there are `cases` of them or `isOver()`; the same seed makes the same cases. */
export async function fuzz(part: Part, seed: number, cases: number, isOver: () => boolean = () => false): Promise<FuzzResult> {
  const result: FuzzResult = {
    cases: 0,
    counts: { refused: 0, incomplete: 0, same: 0, stricter: 0, different: 0 },
    differences: [],
  }
  const oracle = new RequestOracle()
  while (result.cases < cases && !isOver()) {
    const size = Math.min(BATCH, cases - result.cases)
    const first = result.cases
    // Each case has dice of its own, so that it can be had again without those before it.
    const batch = Array.from({ length: size }, (_, i) => runOne(part, new Dice(seed + (first + i) * 0x9e3779b1), oracle))
    const done = await Promise.all(batch)
    result.cases += size
    for (const [i, { bytes, verdict }] of done.entries()) {
      result.counts[verdict.kind]++
      if (verdict.problems.length > 0 && result.differences.length < MAX_DIFFERENCES) {
        result.differences.push(`case ${first + i}: ${JSON.stringify(bytes)}\n    ${verdict.problems.join('\n    ')}`)
      }
    }
  }
  oracle.close()
  return result
}
