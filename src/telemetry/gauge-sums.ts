// Sums gauges by metric and label values: over the objects of one report, and over the reports of all workers.

import type { GaugeValue, Labels } from '../model/stats.ts'
import { METRICS, type MetricDefinition, type MetricName } from './metrics.ts'

/** A gauge that is being summed. */
interface Sum {
  readonly metric: string
  readonly labels: Labels
  value: number
}

/** Used once, then thrown away. */
export class GaugeSums {
  readonly #sums = new Map<string, Sum>()
  readonly #seen = new Set<object>()

  /** Whether `source` is met for the first time: an object that is listed twice counts once. */
  isNew(source: object): boolean {
    if (this.#seen.has(source)) return false
    this.#seen.add(source)
    return true
  }

  /** Labels of one metric always come in the same order. */
  add(metric: string, labels: Labels, value: number): void {
    let key = metric
    for (const name in labels) key += `\0${labels[name]}`
    const sum = this.#sums.get(key)
    if (sum === undefined) this.#sums.set(key, { metric, labels, value })
    else sum.value = combined(metric, sum.value, value)
  }

  get values(): readonly GaugeValue[] {
    return [...this.#sums.values()]
  }
}

function combined(metric: string, a: number, b: number): number {
  const { combine }: MetricDefinition = METRICS[metric as MetricName]
  if (combine === 'max') return Math.max(a, b)
  return combine === 'min' ? Math.min(a, b) : a + b
}
