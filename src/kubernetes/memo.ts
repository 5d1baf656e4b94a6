// Remembers what was made of an object, for as long as everything that was looked at for it is the same: a change costs the work of
// what depends on it.

/** Looks something up, and remembers that it was. */
export type Read = <Value>(map: ReadonlyMap<string, Value>, key: string) => Value | undefined

interface Entry<Result> {
  readonly result: Result
  /** By position: which map (by its place in `maps`), key, and what was found. */
  readonly reads: readonly { readonly map: number; readonly key: string; readonly found: unknown }[]
}

/**
 * One for each use. `maps` of one call stand for those of the next call at the same place: hand them in in the same order. What
 * `make` goes by must be the object, what it reads from `maps` by `read`, and what never changes.
 */
export class Memo<Made extends object, Result> {
  readonly #entries = new WeakMap<Made, Entry<Result>>()

  of(object: Made, maps: readonly ReadonlyMap<string, unknown>[], make: (read: Read) => Result): Result {
    const known = this.#entries.get(object)
    if (known?.reads.every(({ map, key, found }) => maps[map]?.get(key) === found)) return known.result
    const reads: { map: number; key: string; found: unknown }[] = []
    const result = make((map, key) => {
      const place = maps.indexOf(map)
      if (place < 0) throw new Error('a map that is not among those of this memo')
      const found = map.get(key)
      reads.push({ map: place, key, found })
      return found
    })
    this.#entries.set(object, { result, reads })
    return result
  }
}
