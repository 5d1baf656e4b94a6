// The contract of filters: steps on a route, compiled once per route and weighted upstream, run for each exchange.

import type { Exchange } from './exchange.ts'
import type { LocalAnswer, ResponseHead } from './message.ts'

/**
 * One configured step. Request sides run in the order written, before an endpoint is picked; response sides run in reverse order,
 * and for an answer made here only those of the filters that the request had passed before. A filter keeps nothing of the
 * exchange beyond its call, and throws only by mistake (which is answered with 500 and counted).
 */
export interface Filter {
  /** The key in the configuration, e.g. `requestHeaders`. */
  readonly name: string
  /** `onRequest` may return a promise. Without it, a promise is not waited for. */
  readonly async?: true
  /**
   * May change the exchange (`fields`, `path`, `query`, `authority`, `maxBody`). An answer ends the request here; null goes on.
   */
  onRequest?(x: Exchange): LocalAnswer | null | Promise<LocalAnswer | null>
  /**
   * May change `status`, `phrase` and `fields` of the head, never its framing. An answer replaces the whole response; null goes on.
   * Called with the head of an endpoint's answer, or of one made here.
   */
  onResponse?(x: Exchange, head: ResponseHead): LocalAnswer | null
  /**
   * What it would do, for those who ask without sending a request (`explain`): the answer that it would certainly make, or a few
   * words ('' = nothing). Changes nothing. A filter that keeps count, asks somebody else or rolls dice must have it: without it
   * `onRequest` and `onResponse` themselves are run on an exchange that goes nowhere.
   */
  explain?(x: Exchange): string | LocalAnswer
  /** The exchange is over, however it ended. Called for every filter whose request side ran. */
  onEnd?(x: Exchange): void
}

/** The filters of one route towards one of its upstreams, in the order written; null phases cost nothing. */
export interface FilterChain {
  readonly filters: readonly Filter[]
  /** Some filter has an `onRequest`, `onResponse`, `onEnd`. */
  readonly onRequest: boolean
  readonly onResponse: boolean
  readonly onEnd: boolean
}

/** null when there is nothing to run. */
export function filterChain(filters: readonly Filter[]): FilterChain | null {
  if (filters.length === 0) return null
  return {
    filters,
    onRequest: filters.some((filter) => filter.onRequest !== undefined),
    onResponse: filters.some((filter) => filter.onResponse !== undefined),
    onEnd: filters.some((filter) => filter.onEnd !== undefined),
  }
}
