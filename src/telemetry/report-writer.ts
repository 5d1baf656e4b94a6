// One report while it is written: numbers in rows that grow, and names for what has no id yet.

import type { Labels, SeriesName, StatsReport } from '../model/stats.ts'
import type { MetricName } from './metrics.ts'
import type { Told } from './told.ts'

/** Ids are given anew when there are so many more than numbers in use: what came and went is forgotten then. */
const IDLE_IDS = 4096

class Row {
  #numbers = new Float64Array(256)
  #length = 0

  get length(): number {
    return this.#length
  }

  push(number: number): void {
    if (this.#length === this.#numbers.length) {
      const larger = new Float64Array(this.#length * 2)
      larger.set(this.#numbers)
      this.#numbers = larger
    }
    this.#numbers[this.#length++] = number
  }

  /** What was pushed since the last time. */
  take(): Float64Array {
    const taken = this.#numbers.slice(0, this.#length)
    this.#length = 0
    return taken
  }
}

/** One per data plane; `take` ends a report. */
export class ReportWriter {
  /** Ids of an earlier epoch are void. */
  epoch = 1
  #next = 0
  #first = 0
  #names: SeriesName[] = []
  readonly #counters = new Row()
  readonly #histograms = new Row()
  readonly #gauges = new Row()

  counter(told: Told, index: number, growth: number, metric: MetricName, labels: () => Labels): void {
    this.#counters.push(this.#id(told, index, metric, labels))
    this.#counters.push(growth)
  }

  /** A histogram's name, counts and sum follow by `number`. */
  histogram(told: Told, metric: MetricName, labels: () => Labels): void {
    this.#histograms.push(this.#id(told, 0, metric, labels))
  }

  number(number: number): void {
    this.#histograms.push(number)
  }

  gauge(told: Told, index: number, value: number, metric: MetricName, labels: () => Labels): void {
    this.#gauges.push(this.#id(told, index, metric, labels))
    this.#gauges.push(value)
  }

  take(withGauges: boolean): StatsReport {
    const gauges = this.#gauges.take()
    const report = {
      names: this.#names,
      first: this.#first,
      counters: this.#counters.take(),
      histograms: this.#histograms.take(),
      gauges: withGauges ? gauges : null,
    }
    this.#names = []
    this.#first = this.#next
    return report
  }

  /** Between reports: gives ids anew when most of them are of what is gone; `series` = how many there are. */
  tidy(series: number): void {
    if (this.#next <= 2 * series + IDLE_IDS) return
    this.epoch++
    this.#next = 0
    this.#first = 0
  }

  #id(told: Told, index: number, metric: MetricName, labels: () => Labels): number {
    if (told.epoch !== this.epoch) told.forgetIds(this.epoch)
    let id = told.ids[index] as number
    if (id === -1) {
      id = this.#next++
      told.ids[index] = id
      this.#names.push({ metric, labels: labels() })
    }
    return id
  }
}
