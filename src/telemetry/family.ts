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
  /** Of a gauge: what data planes say, beside what is set here. */
  readonly #reported = new Map<string, Series>()

  constructor(name: string, definition: MetricDefinition) {
    this.name = METRIC_PREFIX + name
    this.definition = definition
    if (definition.type === 'counter') for (const labels of knownLabels(definition)) this.at(labels)
  }

  /** The series with these labels, made when it is new. */
  at(labels: Labels): Series {
    const key = this.#key(labels)
    const found = this.series.get(key)
    if (found !== undefined) {
      found.stale = false
      return found
    }
    if (this.definition.single) this.series.clear()
    return this.#make(this.series, key, labels)
  }

  /** The series of a gauge that data planes report. */
  reported(labels: Labels): Series {
    const key = this.#key(labels)
    return this.#reported.get(key) ?? this.#make(this.#reported, key, labels)
  }

  all(): Series[] {
    return this.#reported.size === 0 ? [...this.series.values()] : [...this.series.values(), ...this.#reported.values()]
  }

  dropReported(gone: (series: Series) => boolean): void {
    for (const [key, series] of this.#reported) if (gone(series)) drop(this.#reported, key, series)
  }

  #key(labels: Labels): string {
    let key = ''
    for (const name of this.definition.labels) key += `${labels[name] ?? ''}\0`
    return key
  }

  #make(into: Map<string, Series>, key: string, labels: Labels): Series {
    const ordered: Record<string, string> = {}
    for (const name of this.definition.labels) ordered[name] = labels[name] ?? ''
    const made = new Series(ordered, this.definition.type === 'histogram')
    into.set(key, made)
    return made
  }

  /** Removes the series that `gone` names at this call and named at the one before, if nothing was added in between. */
  sweep(gone: (labels: Labels) => boolean): void {
    for (const [key, series] of this.series) {
      if (!gone(series.labels)) series.stale = false
      else if (series.stale) drop(this.series, key, series)
      else series.stale = true
    }
  }

  /** Removes at once the series that `gone` names. */
  remove(gone: (labels: Labels) => boolean): void {
    for (const [key, series] of this.series) if (gone(series.labels)) drop(this.series, key, series)
  }
}

function drop(from: Map<string, Series>, key: string, series: Series): void {
  from.delete(key)
  series.dropped = true
}

/** Every combination of label values, when all labels have a fixed set; else none. */
function knownLabels(definition: MetricDefinition): Labels[] {
  let all: Labels[] = [{}]
  for (const name of definition.labels) {
    all = all.flatMap((labels) => (definition.values?.[name] ?? []).map((value) => ({ ...labels, [name]: value })))
  }
  return all
}
