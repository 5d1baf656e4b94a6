// Picks a few of the requests that end in this process for somebody who watches: failed ones first, the others by chance, never more
// than a fixed number at a time.

import type { AccessRecord, AccessSink } from '../model/access-record.ts'
import type { Random } from '../model/clock.ts'
import type { RequestSample, SampleBatch } from '../model/request-sample.ts'

/** Characters of a text, attempts of a request. */
const LONGEST_PATH = 300
const LONGEST_TEXT = 120
const MOST_ATTEMPTS = 8

/** An equal chance for each of any number of requests, and place for `most`. */
class Draw {
  readonly samples: RequestSample[] = []
  seen = 0
  place = -1

  /** Whether the next one is kept; `place` is where. */
  next(most: number, random: Random): boolean {
    this.seen++
    this.place = this.samples.length < most ? this.samples.length : Math.floor(random() * this.seen)
    return this.place < most
  }
}

export class RequestSampler implements AccessSink {
  readonly phases = false
  readonly headers: readonly string[] = []
  readonly #random: Random
  /** How many are kept until they are taken. */
  #most: number
  #failed = new Draw()
  #others = new Draw()
  #last = this.#others

  constructor(random: Random, most: number) {
    this.#random = random
    this.#most = most
  }

  wants(_status: number, _durationMs: number, failed: boolean): boolean {
    this.#last = failed ? this.#failed : this.#others
    return this.#last.next(this.#most, this.#random)
  }

  wantsDecision(): boolean {
    return true
  }

  /** Right after `wants` has said yes to it. */
  write(record: AccessRecord): void {
    this.#last.samples[this.#last.place] = sampleOf(record, this.#last === this.#failed)
  }

  /** What was kept since the last call; at most `most` from now on. */
  take(most: number): SampleBatch {
    const batch = { seen: this.#failed.seen + this.#others.seen, samples: [...this.#failed.samples, ...this.#others.samples] }
    batch.samples.length = Math.min(batch.samples.length, this.#most)
    this.#most = most
    this.#failed = new Draw()
    this.#others = new Draw()
    return { ...batch, samples: byEnd(batch.samples) }
  }
}

/** The batches of several processes as one, of at most `most`: failed ones first, the others evenly. */
export function joinBatches(batches: readonly SampleBatch[], most: number): SampleBatch {
  const seen = batches.reduce((sum, batch) => sum + batch.seen, 0)
  const samples = batches.flatMap((batch) => batch.samples)
  const kept = [
    ...evenly(
      samples.filter(({ failed }) => failed),
      most,
    ),
  ]
  const rest = evenly(
    samples.filter(({ failed }) => !failed),
    most - kept.length,
  )
  return { seen, samples: byEnd([...kept, ...rest]) }
}

function evenly(samples: readonly RequestSample[], most: number): readonly RequestSample[] {
  if (samples.length <= most) return samples
  return Array.from({ length: most }, (_, i) => samples[Math.floor((i * samples.length) / most)] as RequestSample)
}

function byEnd(samples: readonly RequestSample[]): RequestSample[] {
  return [...samples].sort((a, b) => a.time + a.durationMs - b.time - b.durationMs)
}

function sampleOf(record: AccessRecord, failed: boolean): RequestSample {
  const { time, listener, status, reason, route, upstream, endpoint, durationMs, bytesIn, bytesOut, decision } = record
  return {
    time,
    listener,
    protocol: record.protocol,
    status,
    reason,
    route,
    upstream,
    endpoint,
    durationMs,
    bytesIn,
    bytesOut,
    requestId: short(record.requestId),
    client: short(record.client),
    method: short(record.method),
    host: short(record.host),
    path: withoutValues(record.path),
    attempts: record.attempts.slice(-MOST_ATTEMPTS).map((attempt) => ({ ...attempt, detail: short(attempt.detail) })),
    failed,
    decision,
  }
}

/** Values of a query may be tokens or names of people; a page that stays open is seen by many. */
function withoutValues(path: string): string {
  const at = path.indexOf('?')
  return short(at < 0 ? path : path.slice(0, at) + path.slice(at).replaceAll(/=[^&]+/g, '=…'), LONGEST_PATH)
}

function short(text: string, longest = LONGEST_TEXT): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`
}
