// A run of JSON fields that many lines have in common: put together once for the values that it has, and found again by one of them.

import { fixed, LineBytes } from './line-bytes.ts'

type Value = string | number | null

interface Known {
  readonly a: Value
  readonly b: Value
  readonly c: Value
  readonly d: Value
  readonly bytes: Uint8Array
}

/** Values that are found again; clients choose some of them. */
const MOST_KNOWN = 1024
const MOST_BYTES = 1024

export class KnownRun {
  readonly #names: readonly Uint8Array[]
  readonly #end: Uint8Array
  readonly #keyAt: number
  readonly #known = new Map<Value, Known>()

  /** Up to five fields, each as what stands before its value; what stands behind the last; which of them is the key. */
  constructor(names: readonly string[], end: string, keyAt: number) {
    this.#names = names.map(fixed)
    this.#end = fixed(end)
    this.#keyAt = keyAt
  }

  /** `key` is the value that tells most, the others are those of the other fields in their order. */
  put(into: LineBytes, key: Value, a: Value, b: Value, c: Value, d: Value): void {
    const known = this.#known.get(key)
    if (known !== undefined && known.a === a && known.b === b && known.c === c && known.d === d) into.fixed(known.bytes)
    else this.#make(into, key, { a, b, c, d })
  }

  #make(into: LineBytes, key: Value, { a, b, c, d }: Omit<Known, 'bytes'>): void {
    const [page, run] = [Buffer.allocUnsafe(MOST_BYTES), new LineBytes()]
    const values = [a, b, c, d].toSpliced(this.#keyAt, 0, key)
    run.begin(page, 0, page.length)
    this.#write(run, values)
    if (run.over) {
      this.#write(into, values)
      return
    }
    const bytes = Uint8Array.prototype.slice.call(page, 0, run.at)
    if (this.#known.size >= MOST_KNOWN) this.#known.clear()
    this.#known.set(key, { a, b, c, d, bytes })
    into.fixed(bytes)
  }

  #write(into: LineBytes, values: readonly Value[]): void {
    for (const [i, name] of this.#names.entries()) {
      const value = values[i] as Value
      into.fixed(name)
      if (typeof value === 'number') into.whole(value)
      else into.quoted(value)
    }
    into.fixed(this.#end)
  }
}
