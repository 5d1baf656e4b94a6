// A limit of running requests that follows from how the endpoints answer.

export interface AdaptiveLimit {
  /** Requests that may run now; whole, at least 1. */
  readonly limit: number
  /** The same but for the moments in which fewer are let in to measure. */
  readonly usual: number
  /**
   * A real answer has come `latencyMs` after its request was sent; `running` requests run, this one included. True when `limit` has
   * changed.
   */
  answered(latencyMs: number, running: number, now: number): boolean
  /** A request got no answer, or one that says that there is too much to do. True when `limit` has changed. */
  failed(running: number, now: number): boolean
}
