// One metric as text. Most metrics have not changed when they are asked for again: then it is the text that was written last. Else it is
// written in pieces, between which the process does whatever else it has to.

import { setImmediate as turn } from 'node:timers/promises'
import type { Format } from './format.ts'
import type { Sample, Series } from './series.ts'

/** Series that are written at a time: a millisecond or so. The text of more than these is not kept. */
const PIECE = 100

/** One metric as the exposition sees it. */
export interface MetricSource {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** The series now, in an array that stays as it is. */
  series(): readonly Series[]
}

/** What was written in one format. */
interface Written {
  readonly head: string
  text: string | null
  /** How many changes there had been. */
  changes: number
}

export class FamilyText {
  readonly #source: MetricSource
  #series: readonly Series[] = []
  #changes = 0
  readonly #written = new Map<Format, Written>()

  constructor(source: MetricSource) {
    this.#source = source
  }

  /** Takes the series as they are now. The text, if that was written before; else null: `write` it. */
  look(format: Format): string | null {
    const all = this.#source.series()
    // One in the place of another is new, and what is new has changed.
    let changed = all.length !== this.#series.length || all.length > PIECE
    if (all.length <= PIECE) for (const series of all) if (series.renew(this.#source.name)) changed = true
    this.#series = all
    if (changed) this.#changes++
    const written = this.#written.get(format)
    return written?.changes === this.#changes ? written.text : null
  }

  /** Of the series that were looked at last. */
  async write(format: Format): Promise<string> {
    const { name, type, help } = this.#source
    const [all, changes] = [this.#series, this.#changes]
    // OpenMetrics names the family of a counter without what its samples end in.
    const family = format.openMetrics && type === 'counter' ? name.replace(/_total$/, '') : name
    let written = this.#written.get(format)
    if (written === undefined) {
      const head = await format.write({ name: family, help, type, values: [] })
      written = { head, text: null, changes }
      this.#written.set(format, written)
    }
    const pieces = [written.head]
    for (let from = 0; from < all.length; from += PIECE) {
      if (from > 0) await turn()
      const values: Sample[] = []
      for (const series of all.length > PIECE ? all.slice(from, from + PIECE) : all) {
        if (all.length > PIECE) series.renew(name)
        values.push(...series.samples)
      }
      // The head is written above. What has no type has its samples' names left as they are.
      const text = await format.write({ name: family, help: '', type: 'untyped', values })
      pieces.push(text.slice(afterHead(text)))
    }
    const text = pieces.join('\n')
    // Where it has changed again meanwhile, for another who asks, this is the text of before.
    written.text = all.length <= PIECE ? text : null
    written.changes = changes
    return text
  }
}

/** Each piece begins with the lines HELP and TYPE. */
function afterHead(text: string): number {
  return text.indexOf('\n', text.indexOf('\n') + 1) + 1
}
