// An endpoint of known capacity and clients before it, in virtual time: so many requests at once, the others wait in its queue.

import type { AdaptiveLimit } from '../../src/model/adaptive-limit.ts'

export interface Shape {
  /** Requests that it works on at a time. */
  capacity: number
  /** Milliseconds of work for one. */
  work: () => number
  /** Whether a request fails, at once. */
  fails: () => boolean
}

interface Running {
  readonly gate: Gate
  readonly sentAt: number
}

/** One limiter with clients that always have a request ready. */
export class Gate {
  readonly limiter: AdaptiveLimit
  /** Requests that its clients want to run at a time. */
  clients: number
  running = 0
  answered = 0
  failed = 0
  latencies: number[] = []
  /** Limits seen, since `forget`. */
  low = Number.POSITIVE_INFINITY
  high = 0

  constructor(limiter: AdaptiveLimit, clients: number) {
    this.limiter = limiter
    this.clients = clients
  }

  forget(): void {
    this.answered = this.failed = this.high = 0
    this.low = Number.POSITIVE_INFINITY
    this.latencies = []
  }
}

export class Simulation {
  now = 1000
  readonly shape: Shape
  readonly #gates: readonly Gate[]
  readonly #queue: Running[] = []
  /** What is worked on, by when it ends; a heap would be faster, but there are few. */
  #working: { readonly endsAt: number; readonly running: Running }[] = []

  constructor(shape: Shape, gates: readonly Gate[]) {
    this.shape = shape
    this.#gates = gates
  }

  run(ms: number): void {
    const end = this.now + ms
    for (;;) {
      this.#admit()
      let next = -1
      for (let i = 0; i < this.#working.length; i++) {
        if (next === -1 || (this.#working[i]?.endsAt as number) < (this.#working[next]?.endsAt as number)) next = i
      }
      const work = this.#working[next]
      if (work === undefined || work.endsAt > end) break
      this.now = work.endsAt
      this.#working.splice(next, 1)
      this.#finish(work.running)
      this.#start()
    }
    this.now = end
  }

  #admit(): void {
    for (let more = true; more; ) {
      more = false
      for (const gate of this.#gates) {
        if (gate.running >= Math.min(gate.limiter.limit, gate.clients)) continue
        gate.running++
        more = true
        const running = { gate, sentAt: this.now }
        if (this.shape.fails()) this.#working.push({ endsAt: this.now + 1, running: { ...running, sentAt: -1 } })
        else this.#queue.push(running)
      }
      this.#start()
    }
  }

  #start(): void {
    while (this.#queue.length > 0 && this.#working.length < this.shape.capacity)
      this.#working.push({ endsAt: this.now + this.shape.work(), running: this.#queue.shift() as Running })
  }

  #finish({ gate, sentAt }: Running): void {
    if (sentAt === -1) {
      gate.failed++
      gate.limiter.failed(gate.running, this.now)
    } else {
      gate.answered++
      gate.latencies.push(this.now - sentAt)
      gate.limiter.answered(this.now - sentAt, gate.running, this.now)
    }
    gate.running--
    gate.low = Math.min(gate.low, gate.limiter.limit)
    gate.high = Math.max(gate.high, gate.limiter.limit)
  }
}
