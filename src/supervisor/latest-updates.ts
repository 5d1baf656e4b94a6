// Brings what changes for upstreams to one worker: one message at a time, and what changes meanwhile goes with the next one, the
// latest only. A worker that is slow to take them does not make a queue grow.

/** By the name of the upstream. */
export type Updates<T> = ReadonlyMap<string, T>

export class LatestUpdates<T> {
  readonly #send: (updates: Updates<T>) => Promise<unknown>
  readonly #join: (before: T | undefined, update: T) => T
  #waiting = new Map<string, T>()
  #busy = false

  /**
   * `send` resolves when the worker has taken them. When it rejects the worker is lost: its replacement starts with what they say.
   * `join` makes one of an update that waits and the next one; by default the next one is all that counts.
   */
  constructor(
    send: (updates: Updates<T>) => Promise<unknown>,
    join: (before: T | undefined, update: T) => T = (_before, update) => update,
  ) {
    this.#send = send
    this.#join = join
  }

  set(upstream: string, update: T): void {
    this.#waiting.set(upstream, this.#join(this.#waiting.get(upstream), update))
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
      const updates = this.#waiting
      this.#waiting = new Map()
      await this.#send(updates).catch(() => {})
    }
    this.#busy = false
  }
}
