// "did you mean": the nearest of the words that would have been right.

import { distance } from 'fastest-levenshtein'

/** The candidate that is near enough to be a slip of the fingers, or null. */
export function nearest(written: string, candidates: Iterable<string>): string | null {
  const word = written.slice(0, 64).toLowerCase()
  let best: string | null = null
  // Two letters that changed places are two edits.
  let bestDistance = Math.max(word.length < 3 ? 1 : 2, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    if (candidate.length > 64) continue
    const far = distance(word, candidate.toLowerCase())
    if (far < bestDistance) {
      best = candidate
      bestDistance = far
    }
  }
  return best
}

/** `; did you mean "x"?`, or nothing. */
export function didYouMean(written: string, candidates: Iterable<string>): string {
  const best = nearest(written, candidates)
  return best === null ? '' : `; did you mean "${best}"?`
}
