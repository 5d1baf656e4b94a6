// Counters by name: they outlive the configuration that made them, so that a reload neither resets nor loses a count.

import { type DenialCounter, Histogram, ListenerCounters, PluginCounters, ResponseCounters } from '../model/counters.ts'

/** How long (ms) counters that no configuration names any more are still reported: exchanges that began before may end later. */
const KEEP = 3_600_000

interface Kept<T> {
  readonly value: T
  /** 0 = in use. */
  retiredAt: number
}

class Register<T> {
  private readonly kept = new Map<string, Kept<T>>()
  private used = new Set<string>()

  obtain(key: string, make: () => T): T {
    this.used.add(key)
    const found = this.kept.get(key)
    if (found !== undefined) return found.value
    const value = make()
    this.kept.set(key, { value, retiredAt: 0 })
    return value
  }

  /** What was obtained since the last call is in use; the rest grows old. */
  settle(now: number): void {
    for (const [key, kept] of this.kept) {
      if (this.used.has(key)) kept.retiredAt = 0
      else if (kept.retiredAt === 0) kept.retiredAt = now
      else if (now - kept.retiredAt > KEEP) this.kept.delete(key)
    }
    this.used = new Set()
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

  listener(name: string): ListenerCounters {
    return this.listeners.obtain(name, () => new ListenerCounters())
  }

  /** `route` and `upstream` are '' where there is none. */
  response(listener: string, route: string, upstream: string): ResponseCounters {
    return this.responses.obtain(`${listener}\n${route}\n${upstream}`, () => new ResponseCounters(listener, route, upstream))
  }

  duration(route: string): Histogram {
    return this.durations.obtain(route, () => new Histogram())
  }

  denial(route: string, filter: string, mode: DenialCounter['mode']): DenialCounter {
    return this.denials.obtain(`${route}\n${filter}\n${mode}`, () => ({ route, filter, mode, count: 0 }))
  }

  plugin(name: string): PluginCounters {
    return this.plugins.obtain(name, () => new PluginCounters())
  }

  settle(now: number): void {
    this.listeners.settle(now)
    this.denials.settle(now)
    this.plugins.settle(now)
    this.responses.settle(now)
    this.durations.settle(now)
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
