// One set of label values of one metric: plain numbers to add to, and the lines that they are exposed as.

import { DURATION_BUCKETS } from '../model/counters.ts'
import type { Labels } from '../model/stats.ts'

/** One line as prom-client wants it. The name has the labels in it: writing them for each scrape is most of what it costs. */
export interface Sample {
  readonly metricName: string
  readonly labels: Labels
  readonly sharedLabels: Labels
  value: number
}

const NO_LABELS: Labels = {}

/** Upper bounds as label values, whole numbers as OpenMetrics wants them: `1.0`. */
const BOUNDS = [...DURATION_BUCKETS.map((bound) => (Number.isInteger(bound) ? `${bound}.0` : String(bound))), '+Inf']

export class Series {
  readonly labels: Labels
  /** Of a counter or gauge; of a histogram the sum in seconds. */
  value = 0
  /** Of a histogram: counts per bucket, not cumulative; else null. */
  readonly counts: number[] | null
  /** Nothing that still exists has these labels, and nothing was added since that was found. */
  stale = false
  /** Its family does not have it any more. */
  dropped = false
  /** Of a reported gauge: the last time when it was summed. */
  sum = 0
  #samples: Sample[] | null = null

  constructor(labels: Labels, histogram = false) {
    this.labels = labels
    this.counts = histogram ? new Array<number>(BOUNDS.length).fill(0) : null
  }

  /** The lines as they were at the last `renew`; the array is the same each time. */
  get samples(): readonly Sample[] {
    return this.#samples ?? []
  }

  /** Makes the lines those of now; whether one differs from what it was. `name` is that of the metric. */
  renew(name: string): boolean {
    const made = this.#samples === null
    this.#samples ??= this.counts === null ? [sample(name, this.labels)] : histogramSamples(name, this.labels)
    const samples = this.#samples
    if (this.counts !== null) return this.#accumulate(this.counts, samples) || made
    return put(samples[0] as Sample, this.value) || made
  }

  #accumulate(counts: readonly number[], samples: readonly Sample[]): boolean {
    let [total, changed] = [0, false]
    for (let i = 0; i < counts.length; i++) {
      total += counts[i] as number
      if (put(samples[i] as Sample, total)) changed = true
    }
    const [sum, count] = samples.slice(counts.length) as [Sample, Sample]
    if (put(sum, this.value)) changed = true
    // That of the last bucket.
    count.value = total
    return changed
  }
}

/** Whether it had another value. */
function put(sample: Sample, value: number): boolean {
  if (sample.value === value) return false
  sample.value = value
  return true
}

function sample(name: string, labels: Labels): Sample {
  return { metricName: name + written(labels), labels: NO_LABELS, sharedLabels: NO_LABELS, value: 0 }
}

/** Cumulative buckets, then sum and count. */
function histogramSamples(name: string, labels: Labels): Sample[] {
  const buckets = BOUNDS.map((le) => sample(`${name}_bucket`, { ...labels, le }))
  return [...buckets, sample(`${name}_sum`, labels), sample(`${name}_count`, labels)]
}

/** `{name="value",…}`, the same in both formats. */
function written(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, escaped)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

const escaped = (char: string): string => (char === '\n' ? '\\n' : `\\${char}`)
