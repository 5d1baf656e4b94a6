// What a data plane reports about itself: plain data, sent from workers to the supervisor.

export type Labels = Readonly<Record<string, string>>

export interface CounterDelta {
  readonly metric: string
  readonly labels: Labels
  readonly delta: number
}

export interface GaugeValue {
  readonly metric: string
  readonly labels: Labels
  readonly value: number
}

export interface HistogramDelta {
  readonly metric: string
  readonly labels: Labels
  /** Counts per bucket of DURATION_BUCKETS, last = +Inf; not cumulative. */
  readonly counts: readonly number[]
  readonly sumSeconds: number
}

/** Counters and histograms are what was added since the report before; gauges are values now, summed over workers. */
export interface StatsReport {
  readonly counters: readonly CounterDelta[]
  readonly histograms: readonly HistogramDelta[]
  /** null = nothing is said about them: those of the report before stand. */
  readonly gauges: readonly GaugeValue[] | null
}
