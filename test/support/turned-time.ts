// Time that a test turns: what waits is called when its time has come, in order, and what it promises is settled before the next.

export class TurnedTime {
  now = 0
  readonly clock = { now: () => this.now, wall: () => this.now }
  readonly #waiting = new Set<{ readonly at: number; readonly call: () => void }>()

  readonly after = (ms: number, call: () => void): (() => void) => {
    const entry = { at: this.now + ms, call }
    this.#waiting.add(entry)
    return () => this.#waiting.delete(entry)
  }

  get waiting(): number {
    return this.#waiting.size
  }

  async turn(ms: number): Promise<void> {
    const until = this.now + ms
    await settled()
    for (;;) {
      const [next] = [...this.#waiting].sort((a, b) => a.at - b.at)
      if (next === undefined || next.at > until) break
      this.#waiting.delete(next)
      this.now = Math.max(this.now, next.at)
      next.call()
      await settled()
    }
    this.now = until
  }
}

/** What has been promised and waits for nothing else is kept. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
