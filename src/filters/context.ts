// What a filter is given when it is made, besides its options.

import type { Random } from '../model/clock.ts'
import type { DenialCounter } from '../model/counters.ts'
import type { Deadlines } from '../model/deadlines.ts'
import type { Filter } from '../model/filter.ts'

export interface FilterContext {
  readonly deadlines: Deadlines
  readonly random: Random
  /** The route that it belongs to. */
  readonly route: string
  /** Where a filter that may deny counts, by its name; `observe` counts what would have been denied. */
  readonly denials: (filter: string, mode: 'enforce' | 'observe') => DenialCounter
}

/** Makes a filter from its options, which have passed validation. */
export type FilterFactory<O> = (options: O, context: FilterContext) => Filter
