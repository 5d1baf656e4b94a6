// One of the two formats of metrics, as prom-client writes it.

import type { Metric, Registry } from 'prom-client'
import type { Sample } from './series.ts'

/** Some lines of one family. */
export interface Piece {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly values: readonly Sample[]
}

/** What a registry asks of a metric; prom-client's own cannot take counts of buckets. It is whatever is to be written next. */
class Page {
  readonly name = 'page'
  piece: Piece | null = null

  get(): Piece | null {
    return this.piece
  }
}

export class Format {
  readonly openMetrics: boolean
  readonly contentType: string
  readonly #registry: Registry
  readonly #page = new Page()

  /** `registry` is its own. */
  constructor(registry: Registry, openMetrics: boolean) {
    this.openMetrics = openMetrics
    this.contentType = registry.contentType
    this.#registry = registry
    registry.registerMetric(this.#page as unknown as Metric)
  }

  /** HELP, TYPE and samples. */
  write(piece: Piece): Promise<string> {
    // It is asked for before this returns.
    this.#page.piece = piece
    return this.#registry.getSingleMetricAsString(this.#page.name)
  }
}
