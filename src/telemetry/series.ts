// One set of label values of one metric: plain numbers to add to, and the lines that they are exposed as.

import { DURATION_BUCKETS } from '../model/counters.ts'
import type { Labels } from '../model/stats.ts'

/** One line as prom-client wants it. It formats `sharedLabels` once per object, which is what makes many lines cheap. */
export interface Sample {
  /** Absent = the name of the metric. */
  readonly metricName?: string
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
  #samples: Sample[] | null = null

  constructor(labels: Labels, histogram = false) {
    this.labels = labels
    this.counts = histogram ? new Array<number>(BOUNDS.length).fill(0) : null
  }

  /** The lines now; the array is the same each time. `name` is that of the metric. */
  samples(name: string): readonly Sample[] {
    this.#samples ??= this.counts === null ? [sample(this.labels)] : histogramSamples(name, this.labels)
    if (this.counts === null) (this.#samples[0] as Sample).value = this.value
    else this.#accumulate(this.counts, this.#samples)
    return this.#samples
  }

  #accumulate(counts: readonly number[], samples: Sample[]): void {
    let total = 0
    for (let i = 0; i < counts.length; i++) {
      total += counts[i] as number
      const bucket = samples[i] as Sample
      bucket.value = total
    }
    const [sum, count] = samples.slice(counts.length) as [Sample, Sample]
    sum.value = this.value
    count.value = total
  }
}

function sample(sharedLabels: Labels, metricName?: string): Sample {
  return metricName === undefined
    ? { labels: NO_LABELS, sharedLabels, value: 0 }
    : { metricName, labels: NO_LABELS, sharedLabels, value: 0 }
}

/** Cumulative buckets, then sum and count. */
function histogramSamples(name: string, labels: Labels): Sample[] {
  const buckets = BOUNDS.map((le) => sample({ ...labels, le }, `${name}_bucket`))
  return [...buckets, sample(labels, `${name}_sum`), sample(labels, `${name}_count`)]
}
