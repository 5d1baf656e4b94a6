// What the admin API asks the gateway; made by whoever wires the two together.

import type { Explained, ExplainRequest } from '../model/explanation.ts'

/** A refused configuration, one entry a problem; lines and columns from 1, 0 where there is none. */
export interface ConfigProblem {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
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
  upstreams(): Promise<object>
  /** What would become of a request, by live state. Rejects when nobody answers. */
  explain(request: ExplainRequest): Promise<Explained>
}
