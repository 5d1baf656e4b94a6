// Counters by name: they outlive the configuration that made them, so that a reload neither resets nor loses a count.

import { type DenialCounter, Histogram, ListenerCounters, PluginCounters, ResponseCounters } from '../model/counters.ts'

/** How long (ms) counters that no configuration names any more are still reported: exchanges that began before may end later. */
const KEEP = 3_600_000

interface Kept<T> {
  readonly value: T
  /** 0 = in use. */
  retiredAt: number
  /** The last turn in which somebody wanted it. */
  usedIn: number
}

/** What was made, and all counters that were obtained for it. */
export interface Recorded<T> {
  readonly value: T
  readonly counters: readonly Kept<unknown>[]
}

class Register<T> {
  private readonly kept = new Map<string, Kept<T>>()

  obtain(key: string, make: () => T): Kept<T> {
    const found = this.kept.get(key)
    if (found !== undefined) return found
    const kept = { value: make(), retiredAt: 0, usedIn: 0 }
    this.kept.set(key, kept)
    return kept
  }

  /** What was wanted in this turn is in use; the rest grows old. */
  settle(turn: number, now: number): void {
    for (const [key, kept] of this.kept) {
      if (kept.usedIn === turn) kept.retiredAt = 0
      else if (kept.retiredAt === 0) kept.retiredAt = now
      else if (now - kept.retiredAt > KEEP) this.kept.delete(key)
    }
  }

  *entries(): Iterable<[string, T]> {
    for (const [key, { value }] of this.kept) yield [key, value]
  }
}

export class LiveCounters {
  private readonly listeners = new Register<ListenerCounters>()
  private readonly responses = new Register<ResponseCounters>()
  private readonly durations = new Register<Histogram>()
  private readonly denials = new Register<DenialCounter>()
  private readonly plugins = new Register<PluginCounters>()
  /** From one `settle` to the next. */
  private turn = 1
  private recording: Kept<unknown>[] | null = null

  /** Remembers what `make` obtains, so that it counts as in use for as long as what was made does. */
  recorded<T>(make: () => T): Recorded<T> {
    const outer = this.recording
    const counters: Kept<unknown>[] = []
    this.recording = counters
    try {
      return { value: make(), counters }
    } finally {
      this.recording = outer
    }
  }

  /** As if all of it had been obtained again. */
  stillUsed({ counters }: Recorded<unknown>): void {
    for (const kept of counters) kept.usedIn = this.turn
  }

  private use<T>(kept: Kept<T>): T {
    kept.usedIn = this.turn
    this.recording?.push(kept)
    return kept.value
  }

  listener(name: string): ListenerCounters {
    return this.use(this.listeners.obtain(name, () => new ListenerCounters()))
  }

  /** `route` and `upstream` are '' where there is none. */
  response(listener: string, route: string, upstream: string): ResponseCounters {
    const key = `${listener}\n${route}\n${upstream}`
    return this.use(this.responses.obtain(key, () => new ResponseCounters(listener, route, upstream)))
  }

  duration(route: string): Histogram {
    return this.use(this.durations.obtain(route, () => new Histogram()))
  }

  denial(route: string, filter: string, mode: DenialCounter['mode']): DenialCounter {
    return this.use(this.denials.obtain(`${route}\n${filter}\n${mode}`, () => ({ route, filter, mode, count: 0 })))
  }

  plugin(name: string): PluginCounters {
    return this.use(this.plugins.obtain(name, () => new PluginCounters()))
  }

  /** What was obtained since the last call is in use; the rest grows old. */
  settle(now: number): void {
    for (const register of [this.listeners, this.denials, this.plugins, this.responses, this.durations])
      register.settle(this.turn, now)
    this.turn++
  }

  *allListeners(): Iterable<{ name: string; counters: ListenerCounters }> {
    for (const [name, counters] of this.listeners.entries()) yield { name, counters }
  }

  *allResponses(): Iterable<ResponseCounters> {
    for (const [, counters] of this.responses.entries()) yield counters
  }

  *allDenials(): Iterable<DenialCounter> {
    for (const [, counter] of this.denials.entries()) yield counter
  }

  *allPlugins(): Iterable<{ name: string; counters: PluginCounters }> {
    for (const [name, counters] of this.plugins.entries()) yield { name, counters }
  }

  *allRoutes(): Iterable<{ name: string; duration: Histogram }> {
    for (const [name, duration] of this.durations.entries()) yield { name, duration }
  }
}
