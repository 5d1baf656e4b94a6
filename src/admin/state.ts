// What the admin API asks the gateway; made by whoever wires the two together.

import type { ListenerConfig, RouteConfig } from '../config/model.ts'
import type { Explained, ExplainRequest } from '../model/explanation.ts'
import type { SampleBatch } from '../model/request-sample.ts'
import type { UpstreamState } from '../model/upstream-state.ts'
import type { MetricName } from '../telemetry/metrics.ts'
import type { Series } from '../telemetry/series.ts'

/** A refused configuration, one entry a problem; lines and columns from 1, 0 where there is none. */
export interface ConfigProblem {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
}

/** An attempt to bring another configuration into force. */
export interface ReloadFacts {
  readonly result: 'applied' | 'unchanged' | 'refused'
  readonly errors: readonly ConfigProblem[]
  /** What asked for it: `signal`, `file` or `admin`. */
  readonly trigger: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** What is served; `key` changes when it does. */
export interface ServedFacts {
  readonly key: string
  readonly listeners: readonly ListenerConfig[]
  readonly routes: readonly RouteConfig[]
  readonly addresses: readonly { readonly listener: string; readonly bind: string; readonly address: string }[]
}

export interface AdminState {
  /** Whether the process does its work at all. */
  live(): boolean
  /** Whether requests are served; `why` says what is missing, empty when ready. */
  ready(): { readonly ready: boolean; readonly why: readonly string[] }
  metrics(openMetrics: boolean): Promise<{ readonly contentType: string; readonly text: string }>
  /** What is in force; secrets may be in it, they are taken out here. */
  config(): { readonly revision: string; readonly source: string; readonly config: unknown }
  /** Reads and applies the configuration again. Resolves when every worker has it, or when it was refused. */
  reload(): Promise<{ readonly revision: string } | { readonly errors: readonly ConfigProblem[] }>
  /** Begins to end the gateway as SIGTERM does; returns at once. */
  drain(): void
  /** `{routes: [{name, …}]}`. */
  routes(): object
  /** `{upstreams: [{name, breaker, endpoints}]}`; all workers together. */
  upstreams(): Promise<{ readonly upstreams: readonly UpstreamState[] }>
  /** What would become of a request, by live state. Rejects when nobody answers. */
  explain(request: ExplainRequest): Promise<Explained>

  // ---- for those who watch

  served(): ServedFacts
  /** How many processes serve. */
  serving(): number
  /** The last attempt, and the last one that was refused; null = there was none. */
  reloads(): { readonly last: ReloadFacts | null; readonly refused: ReloadFacts | null }
  /** Brings what `series` gives up to date, waiting a bounded time. */
  collect(): Promise<void>
  /** Of a counter or histogram. The objects are the same each time. */
  series(metric: MetricName): Iterable<Series>
  /** A few of the requests that ended since the last call, if there was one lately; at most `most` of those to come, 0 = none. */
  takeSamples(most: number): Promise<SampleBatch>
}
