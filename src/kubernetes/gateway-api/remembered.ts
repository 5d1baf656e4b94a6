// What the schema made of something that was written: the same words are the same object, for as long as somebody has it.

export class Remembered<Value extends object> {
  #known = new Map<string, { readonly text: string; readonly value: Value | string }>()

  /** By `key`, the last thing that was written under it. A text says what is wrong. */
  make(key: string, written: unknown, make: () => Value | string): Value | string {
    const text = JSON.stringify(written)
    const known = this.#known.get(key)
    if (known?.text === text) return known.value
    const value = make()
    this.#known.set(key, { text, value })
    return value
  }

  /** Forgets the others. */
  keep(used: ReadonlySet<Value>): void {
    for (const [key, { value }] of this.#known) if (typeof value === 'string' || !used.has(value)) this.#known.delete(key)
  }
}
