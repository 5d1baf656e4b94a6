// A run of JSON fields that many lines have in common: put together once for the values that it has, and found again by one of them.

import { type Fixed, fixed, fixedBytes, LineBytes } from './line-bytes.ts'

type Value = string | number | null

interface Known {
  readonly a: Value
  readonly b: Value
  readonly c: Value
  readonly d: Value
  readonly text: Fixed
}

/** Values that are found again; clients choose some of them. */
const MOST_KNOWN = 1024
const MOST_BYTES = 1024

export class KnownRun {
  readonly #fields: readonly { readonly before: Fixed; readonly value: number }[]
  readonly #end: Fixed
  readonly #known = new Map<Value, Known>()

  /** Fields, each as what stands before its value and which of the values it is, from 0 on; what stands behind the last. */
  constructor(fields: readonly (readonly [before: string, value: number])[], end: string) {
    this.#fields = fields.map(([before, value]) => ({ before: fixed(before), value }))
    this.#end = fixed(end)
  }

  /** `key` is the value that tells most, and the first. */
  put(into: LineBytes, key: Value, a: Value, b: Value, c: Value, d: Value): void {
    const known = this.#known.get(key)
    if (known !== undefined && known.a === a && known.b === b && known.c === c && known.d === d) into.fixed(known.text)
    else this.#make(into, key, { a, b, c, d })
  }

  #make(into: LineBytes, key: Value, { a, b, c, d }: Omit<Known, 'text'>): void {
    const [page, run] = [Buffer.allocUnsafe(MOST_BYTES), new LineBytes()]
    const values = [key, a, b, c, d]
    run.begin(page, 0, page.length)
    this.#write(run, values)
    if (run.over) {
      this.#write(into, values)
      return
    }
    const text = fixedBytes(page.subarray(0, run.at))
    if (this.#known.size >= MOST_KNOWN) this.#known.clear()
    this.#known.set(key, { a, b, c, d, text })
    into.fixed(text)
  }

  #write(into: LineBytes, values: readonly Value[]): void {
    for (const field of this.#fields) {
      const value = values[field.value] as Value
      into.fixed(field.before)
      if (typeof value === 'number') into.whole(value)
      else into.quoted(value)
    }
    into.fixed(this.#end)
  }
}
