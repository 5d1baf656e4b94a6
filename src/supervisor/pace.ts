// When something is done that is asked for over and over: soon after it is asked for, never twice at once, and never so often that
// nothing else is done.

import type { Clock } from '../model/clock.ts'

/** Calls back after so many milliseconds; returns what prevents it. */
export type After = (ms: number, call: () => void) => () => void

export const realAfter: After = (ms, call) => {
  const timer = setTimeout(call, ms)
  return () => clearTimeout(timer)
}

export interface PaceSettings {
  readonly clock: Clock
  readonly after: After
  /** Milliseconds in which what belongs together arrives. */
  readonly gather: number
  /** Milliseconds between two beginnings at least. */
  readonly least: number
  /** Never longer than this, however long it takes. */
  readonly most: number
  /** Never rejects. */
  readonly work: () => Promise<void>
}

/** It is done again no sooner than after twice the time that it took. */
export class Pace {
  readonly #settings: PaceSettings
  #asked = false
  #running = false
  #notBefore = Number.NEGATIVE_INFINITY
  #cancel: (() => void) | null = null
  #stopped = false

  constructor(settings: PaceSettings) {
    this.#settings = settings
  }

  ask(): void {
    this.#asked = true
    this.#plan(this.#settings.gather)
  }

  /** Nothing begins any more. */
  stop(): void {
    this.#stopped = true
    this.#cancel?.()
    this.#cancel = null
  }

  #plan(soonest: number): void {
    if (this.#running || this.#stopped || this.#cancel !== null) return
    const { clock, after } = this.#settings
    this.#cancel = after(Math.max(soonest, this.#notBefore - clock.now()), () => void this.#run())
  }

  async #run(): Promise<void> {
    const { clock, least, most, gather, work } = this.#settings
    this.#cancel = null
    this.#asked = false
    this.#running = true
    const began = clock.now()
    await work()
    this.#running = false
    const took = clock.now() - began
    this.#notBefore = began + Math.max(least, took + Math.min(took, most))
    if (this.#asked) this.#plan(gather)
  }
}
