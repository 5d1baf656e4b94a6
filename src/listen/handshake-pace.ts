// Begins TLS handshakes a few at a time: each takes about a millisecond of computing, and between them everybody else gets their
// turn. Who waits is in a queue; its bound is that of the arrivals.

/** Handshakes that begin in one turn of the event loop. */
const PER_TURN = 4

export class HandshakePace<T> {
  readonly #begin: (item: T) => void
  #queue: T[] = []
  #at = 0
  #begun = 0
  #scheduled = false

  constructor(begin: (item: T) => void) {
    this.#begin = begin
  }

  /** Calls `begin` with it: now, or in a later turn. */
  add(item: T): void {
    if (this.#begun < PER_TURN && this.#at === this.#queue.length) this.#run(item)
    else this.#queue.push(item)
    this.#schedule()
  }

  #run(item: T): void {
    this.#begun++
    this.#begin(item)
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#turn())
  }

  #turn(): void {
    this.#scheduled = false
    this.#begun = 0
    while (this.#begun < PER_TURN && this.#at < this.#queue.length) this.#run(this.#queue[this.#at++] as T)
    if (this.#at === this.#queue.length) {
      this.#queue = []
      this.#at = 0
    }
    if (this.#begun > 0) this.#schedule()
  }
}
