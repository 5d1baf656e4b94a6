// Who is to be left out so that everybody else can be served: found by trying, when something went wrong that nobody foresaw.

import type { Translation } from '../compile/cluster.ts'
import type { LeftOutObject } from '../compile/combine-config.ts'
import { objectKey } from '../compile/combine-config.ts'

/** One object and all that it comes to: equal parts, equal object. */
export interface Unit {
  readonly key: string
  readonly parts: readonly object[]
}

export function unitsOf(translations: readonly Translation[]): Unit[] {
  const units = new Map<string, Set<object>>()
  for (const { routes, origins, upstreams } of translations) {
    for (const route of routes) {
      const origin = origins.get(route.name)
      if (origin === undefined) continue
      const key = objectKey(origin.object)
      const parts = units.get(key) ?? new Set()
      units.set(key, parts.add(route))
      for (const { upstream } of [...route.to, ...route.mirror]) {
        const config = upstreams.get(upstream)
        if (config !== undefined) parts.add(config)
      }
    }
  }
  return [...units].map(([key, parts]) => ({ key, parts: [...parts] }))
}

/**
 * The fewest of `suspects` without whom it works, nearly: `works` is asked what happens without some of them, at most `tries` times,
 * and its last good answer stands. null = not even without all of them.
 */
export async function findOffenders<T>(
  suspects: readonly T[],
  works: (without: ReadonlySet<T>) => Promise<boolean>,
  tries: number,
): Promise<ReadonlySet<T> | null> {
  let out: ReadonlySet<T> = new Set(suspects)
  if (!(await works(out))) return null
  let left = tries - 1
  const groups: (readonly T[])[] = suspects.length > 1 ? halves(suspects) : []
  for (let group = groups.shift(); group !== undefined && left > 0; group = groups.shift()) {
    const fewer = new Set([...out].filter((each) => !(group as readonly T[]).includes(each)))
    left--
    if (await works(fewer)) out = fewer
    else if (group.length > 1) groups.unshift(...halves(group))
  }
  return out
}

function halves<T>(group: readonly T[]): (readonly T[])[] {
  const middle = group.length >> 1
  return [group.slice(0, middle), group.slice(middle)]
}

/** Who is left out now, and what has been served before. */
export class LeftOutBook {
  readonly #proven = new WeakSet<object>()
  readonly #out = new Map<string, LeftOutObject & { readonly parts: readonly object[] }>()

  /** All of it is served. */
  prove(parts: Iterable<object>): void {
    for (const part of parts) this.#proven.add(part)
  }

  isProven(part: object): boolean {
    return this.#proven.has(part)
  }

  /** Those of which something was never served. */
  suspects(translations: readonly Translation[]): Unit[] {
    return unitsOf(translations).filter(
      ({ key, parts }) => !this.#out.has(key) && !parts.every((part) => this.#proven.has(part)),
    )
  }

  leaveOut(units: Iterable<Unit>, how: LeftOutObject): void {
    for (const { key, parts } of units) this.#out.set(key, { ...how, parts })
  }

  /** Who is left out of these: what has changed since gets another chance. */
  of(translations: readonly Translation[]): ReadonlyMap<string, LeftOutObject> {
    if (this.#out.size === 0) return this.#out
    const now = new Map(unitsOf(translations).map(({ key, parts }) => [key, parts]))
    for (const [key, { parts }] of this.#out) {
      const current = now.get(key)
      if (current?.length !== parts.length || !current.every((part, i) => part === parts[i])) this.#out.delete(key)
    }
    return new Map(this.#out)
  }
}
