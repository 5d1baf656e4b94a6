// The contract of everything that says which endpoints an upstream has.

import type { EndpointSpec } from './endpoint.ts'

export interface Discovery<Spec> {
  readonly name: string
  /**
   * Publishes the whole set at once, now or later, and again after each change. The last good set stays in force while the source
   * cannot be read. Returns what stops it; nothing is published after that.
   */
  watch(spec: Spec, publish: (endpoints: readonly EndpointSpec[]) => void): () => void
}
