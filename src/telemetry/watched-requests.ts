// Requests of this process while somebody watches: samples are gathered from the first call on, and no more when calls stay away,
// because whoever watched may be gone without a word.

import type { Onlooker } from '../model/access-record.ts'
import type { Random } from '../model/clock.ts'
import type { SampleBatch } from '../model/request-sample.ts'
import { RequestSampler } from './request-sampler.ts'

/** Longer than anybody who still watches stays away. */
const FORGET_MS = 5000

const NOTHING: SampleBatch = { seen: 0, samples: [] }

export class WatchedRequests {
  readonly #onlooker: Onlooker
  readonly #random: Random
  #sampler: RequestSampler | null = null
  #forget: NodeJS.Timeout | null = null

  constructor(onlooker: Onlooker, random: Random) {
    this.#onlooker = onlooker
    this.#random = random
  }

  /** What was kept since the last call; at most `most` of what comes, 0 = nothing any more. */
  take(most: number): SampleBatch {
    if (this.#forget !== null) clearTimeout(this.#forget)
    this.#forget = most > 0 ? setTimeout(() => this.take(0), FORGET_MS).unref() : null
    const taken = this.#sampler?.take(most) ?? NOTHING
    if (most === 0) this.#sampler = null
    else this.#sampler ??= new RequestSampler(this.#random, most)
    this.#onlooker.sink = this.#sampler
    return taken
  }
}
