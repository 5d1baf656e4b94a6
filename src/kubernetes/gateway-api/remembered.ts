// What the schema made of something that was written: the same words are the same object, for as long as somebody has it.

export class Remembered<Value extends object> {
  #known = new Map<string, { readonly text: string; readonly value: Value | string }>()
  /** Something was made since it was looked through. */
  #grown = false

  /** By `key`, the last thing that was written under it. A text says what is wrong. */
  make(key: string, written: unknown, make: () => Value | string): Value | string {
    const text = JSON.stringify(written)
    const known = this.#known.get(key)
    if (known?.text === text) return known.value
    const value = make()
    this.#known.set(key, { text, value })
    this.#grown = true
    return value
  }

  /** Forgets the others, now or when it grows. */
  keep(used: () => ReadonlySet<Value>): void {
    if (!this.#grown) return
    this.#grown = false
    const kept = used()
    for (const [key, { value }] of this.#known) if (typeof value === 'string' || !kept.has(value)) this.#known.delete(key)
  }
}
