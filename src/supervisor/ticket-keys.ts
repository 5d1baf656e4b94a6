// The keys of TLS session tickets: made here, the same in every worker, so that a client may come back to any of them. They are
// changed often enough that a key that leaks opens little; who comes with an older ticket shakes hands in full.

import { randomBytes } from 'node:crypto'

/** What Node's TLS servers ask for. */
const KEY_BYTES = 48
const ROTATE_EVERY_MS = 12 * 3_600_000

export class TicketKeys {
  current = randomBytes(KEY_BYTES)
  readonly #timer: NodeJS.Timeout

  /** Whoever uses the keys is told of each change. */
  constructor(changed: (keys: Buffer) => void, everyMs = ROTATE_EVERY_MS) {
    this.#timer = setInterval(() => {
      this.current = randomBytes(KEY_BYTES)
      changed(this.current)
    }, everyMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
