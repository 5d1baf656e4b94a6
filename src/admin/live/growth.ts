// How much counters have grown from one tick to the next.

import type { Series } from '../../telemetry/series.ts'

export class Growth {
  readonly #last = new WeakMap<Series, number>()
  #first = true

  /** Calls `grown` for each series that has grown since the last tick; at the first one nothing has. */
  tick(series: Iterable<Series>, grown: (labels: Series['labels'], by: number) => void): void {
    for (const each of series) {
      const { value } = each
      const before = this.#last.get(each)
      if (before === value) continue
      this.#last.set(each, value)
      // One that was not there before has begun at 0.
      if (!this.#first && value > (before ?? 0)) grown(each.labels, value - (before ?? 0))
    }
    this.#first = false
  }
}
