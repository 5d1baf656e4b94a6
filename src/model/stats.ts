// What a data plane reports about itself: plain data, sent from workers to the supervisor. A gateway may have ten thousand series,
// so a report has numbers and says only once what they are of.

export type Labels = Readonly<Record<string, string>>

/** What a number is of. */
export interface SeriesName {
  readonly metric: string
  readonly labels: Readonly<Labels>
}

/** Counters and histograms are what was added since the report before; gauges are values now, combined over workers. */
export interface StatsReport {
  /** Names that are new; the ids of a data plane count up from `first`. */
  readonly names: readonly SeriesName[]
  /** Id of the first of `names`; 0 = all ids from before are void. */
  readonly first: number
  /** Pairs of id and growth. */
  readonly counters: Float64Array
  /** For each: id, a count per bucket of DURATION_BUCKETS (not cumulative, last = +Inf), sum in seconds. */
  readonly histograms: Float64Array
  /** Pairs of id and value; null = nothing is said about them: those of the report before stand. */
  readonly gauges: Float64Array | null
}

/** Numbers of one entry in `histograms`, for so many buckets with +Inf. */
export const histogramWidth = (buckets: number): number => buckets + 2
