// One metric: a flat map from label values to series.

import type { Labels } from '../model/stats.ts'
import { METRIC_PREFIX, type MetricDefinition } from './metrics.ts'
import { Series } from './series.ts'

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
    const made = new Series(ordered, this.definition.type === 'histogram')
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
