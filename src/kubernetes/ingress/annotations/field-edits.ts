// Changes of header fields while they are being collected: the last word on a name counts, whatever its case.

import type { Written } from './effects.ts'

export class FieldEdits {
  readonly #set = new Map<string, readonly [name: string, value: string]>()
  readonly #add = new Map<string, readonly [name: string, value: string]>()
  readonly #remove = new Map<string, string>()

  set(name: string, value: string): void {
    const key = name.toLowerCase()
    this.#add.delete(key)
    this.#remove.delete(key)
    this.#set.set(key, [name, value])
  }

  /** false = it has been added already: a field is added once. */
  add(name: string, value: string): boolean {
    const key = name.toLowerCase()
    if (this.#add.has(key)) return false
    this.#add.set(key, [name, value])
    return true
  }

  remove(name: string): void {
    const key = name.toLowerCase()
    this.#set.delete(key)
    this.#add.delete(key)
    this.#remove.set(key, name)
  }

  /** The options of the filter; null = nothing is changed. */
  written(): Written | null {
    const parts = {
      ...(this.#set.size > 0 ? { set: Object.fromEntries(this.#set.values()) } : {}),
      ...(this.#add.size > 0 ? { add: Object.fromEntries(this.#add.values()) } : {}),
      ...(this.#remove.size > 0 ? { remove: [...this.#remove.values()] } : {}),
    }
    return Object.keys(parts).length === 0 ? null : parts
  }
}
