// One metric and its series, flat: a map from label values to plain numbers.

import { DURATION_BUCKETS } from '../model/counters.ts'
import type { Labels } from '../model/stats.ts'
import { METRIC_PREFIX, type MetricDefinition } from './metrics.ts'

/** One line (or, of a histogram, one block of lines) of the exposition. */
export interface Series {
  readonly labels: Labels
  /** Of a counter or gauge; of a histogram the sum in seconds. */
  value: number
  /** Of a histogram: counts per bucket, not cumulative; else null. */
  readonly counts: number[] | null
  /** Nothing that still exists has these labels, and nothing was added since that was found. */
  stale: boolean
}

/** All series of one metric. */
export class Family {
  readonly definition: MetricDefinition
  /** With the prefix. */
  readonly name: string
  readonly series = new Map<string, Series>()

  constructor(name: string, definition: MetricDefinition) {
    this.name = METRIC_PREFIX + name
    this.definition = definition
    if (definition.type === 'counter') for (const labels of knownLabels(definition)) this.at(labels)
  }

  /** The series with these labels, made when it is new. */
  at(labels: Labels): Series {
    let key = ''
    for (const name of this.definition.labels) key += `${labels[name] ?? ''}\0`
    const found = this.series.get(key)
    if (found !== undefined) {
      found.stale = false
      return found
    }
    if (this.definition.single) this.series.clear()
    const ordered: Record<string, string> = {}
    for (const name of this.definition.labels) ordered[name] = labels[name] ?? ''
    const counts = this.definition.type === 'histogram' ? new Array<number>(DURATION_BUCKETS.length + 1).fill(0) : null
    const made: Series = { labels: ordered, value: 0, counts, stale: false }
    this.series.set(key, made)
    return made
  }

  /** Removes the series that `gone` names at this call and named at the one before, if nothing was added in between. */
  sweep(gone: (labels: Labels) => boolean): void {
    for (const [key, series] of this.series) {
      if (!gone(series.labels)) series.stale = false
      else if (series.stale) this.series.delete(key)
      else series.stale = true
    }
  }

  /** Removes at once the series that `gone` names. */
  remove(gone: (labels: Labels) => boolean): void {
    for (const [key, series] of this.series) if (gone(series.labels)) this.series.delete(key)
  }
}

/** Every combination of label values, when all labels have a fixed set; else none. */
function knownLabels(definition: MetricDefinition): Labels[] {
  let all: Labels[] = [{}]
  for (const name of definition.labels) {
    all = all.flatMap((labels) => (definition.values?.[name] ?? []).map((value) => ({ ...labels, [name]: value })))
  }
  return all
}
