// What one row of the fault bench says.

export interface Row {
  readonly fault: string
  readonly requests: number
  readonly clientErrors: number
  /** Milliseconds until the last request reached what failed; null = it is not about that. */
  readonly movedMs: number | null
  /** Milliseconds from the end of the fault until a request reached it again. */
  readonly returnedMs: number | null
  /** Requests at endpoints for each of a client, less one. */
  readonly addedLoad: number | null
  /** Before and during the fault, milliseconds, of requests that were answered well. */
  readonly before: { readonly p50: number; readonly p99: number } | null
  readonly during: { readonly p50: number; readonly p99: number } | null
  /** What else was measured, in words. */
  readonly notes: string
}

export interface Scenario {
  /** For `--row`. */
  readonly name: string
  readonly run: (folder: string, seconds: number) => Promise<Row[]>
}
