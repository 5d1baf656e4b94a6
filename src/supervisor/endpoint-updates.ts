// Brings the endpoints of discovered upstreams to one worker: one message at a time, and what changes meanwhile goes with the
// next one, the latest only. A worker that is slow to take them does not make a queue grow.

import type { EndpointSets } from '../model/discovery.ts'
import type { EndpointSpec } from '../model/endpoint.ts'

export class EndpointUpdates {
  readonly #send: (sets: EndpointSets) => Promise<unknown>
  #waiting = new Map<string, readonly EndpointSpec[]>()
  #busy = false

  /** `send` resolves when the worker has taken the sets. When it rejects the worker is lost: its replacement starts with them. */
  constructor(send: (sets: EndpointSets) => Promise<unknown>) {
    this.#send = send
  }

  set(upstream: string, endpoints: readonly EndpointSpec[]): void {
    this.#waiting.set(upstream, endpoints)
    if (!this.#busy) void this.#run()
  }

  /** What waits is overtaken: the worker is told everything by other means. */
  clear(): void {
    this.#waiting.clear()
  }

  async #run(): Promise<void> {
    this.#busy = true
    // Several upstreams often change in one turn.
    await Promise.resolve()
    while (this.#waiting.size > 0) {
      const sets = this.#waiting
      this.#waiting = new Map()
      await this.#send(sets).catch(() => {})
    }
    this.#busy = false
  }
}
