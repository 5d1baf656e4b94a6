// Keeps what is made again and comes to the same: who goes by identity sees no change then.

/** By key; what was not kept in a round is forgotten at the end of it. */
export class Same<Value> {
  #last = new Map<string, { readonly text: string; readonly value: Value }>()
  #next = new Map<string, { readonly text: string; readonly value: Value }>()

  /** The value of the round before, if it reads the same as JSON. */
  keep(key: string, value: Value): Value {
    const text = JSON.stringify(value)
    const last = this.#last.get(key)
    const entry = last?.text === text ? last : { text, value }
    this.#next.set(key, entry)
    return entry.value
  }

  /** Ends a round. */
  turn(): void {
    this.#last = this.#next
    this.#next = new Map()
  }
}
