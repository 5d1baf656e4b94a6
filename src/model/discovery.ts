// The contract of everything that says which endpoints an upstream has.

import type { EndpointSpec } from './endpoint.ts'

/** Whole sets by the name of their upstream. Plain data, never changed once handed out. */
export type EndpointSets = ReadonlyMap<string, readonly EndpointSpec[]>

export interface Discovery<Spec> {
  readonly name: string
  /**
   * Calls `publish` with the whole set after each good answer, now or later, changed or not; an address stands in it once.
   * `trouble` says in words what was wrong with a part of the answer, '' or left out = nothing. While there is no good answer
   * `failed` is called with the reason, once for each time that it was asked: the last good set stays in force. Never throws.
   * Returns what stops it: nothing is called after that.
   */
  watch(
    spec: Spec,
    publish: (endpoints: readonly EndpointSpec[], trouble?: string) => void,
    failed: (reason: string) => void,
  ): () => void
}
