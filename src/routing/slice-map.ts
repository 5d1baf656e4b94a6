// A hash table whose keys are looked up as parts of a longer string, so that trying every suffix of a host or every prefix of a
// path cuts no string. Only a build adds entries: nothing that a request carries can grow it or lengthen its chains.

/** Feeds one UTF-16 unit into a running hash (FNV-1a). */
export function mix(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x01000193)
}

/** Open addressing, linear probing, at most half full. */
export class SliceMap<V> {
  #size = 0
  #shift: number
  #hashes: Int32Array
  #keys: (string | null)[]
  #values: (V | null)[]

  /** `bits`: of the first capacity, at least 1. */
  constructor(bits = 4) {
    const capacity = 1 << bits
    this.#shift = 32 - bits
    this.#hashes = new Int32Array(capacity)
    this.#keys = new Array(capacity).fill(null)
    this.#values = new Array(capacity).fill(null)
  }

  get size(): number {
    return this.#size
  }

  /** The value of the key `text[start..end)`; `hash` is the hash of those characters as the caller fed them. */
  find(hash: number, text: string, start: number, end: number): V | null {
    const mask = this.#keys.length - 1
    for (let slot = Math.imul(hash, 0x9e3779b1) >>> this.#shift; ; slot = (slot + 1) & mask) {
      const key = this.#keys[slot] as string | null
      if (key === null) return null
      if (this.#hashes[slot] === hash && key.length === end - start && text.startsWith(key, start))
        return this.#values[slot] as V
    }
  }

  /** The key must not be in it yet. */
  add(hash: number, key: string, value: V): void {
    if (this.#size * 2 >= this.#keys.length) this.#grow()
    this.#put(hash, key, value)
    this.#size++
  }

  values(): V[] {
    return this.#values.filter((value) => value !== null)
  }

  #put(hash: number, key: string, value: V): void {
    const mask = this.#keys.length - 1
    let slot = Math.imul(hash, 0x9e3779b1) >>> this.#shift
    while (this.#keys[slot] !== null) slot = (slot + 1) & mask
    this.#hashes[slot] = hash
    this.#keys[slot] = key
    this.#values[slot] = value
  }

  #grow(): void {
    const hashes = this.#hashes
    const keys = this.#keys
    const values = this.#values
    const capacity = keys.length * 2
    this.#shift--
    this.#hashes = new Int32Array(capacity)
    this.#keys = new Array(capacity).fill(null)
    this.#values = new Array(capacity).fill(null)
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string | null
      if (key !== null) this.#put(hashes[i] as number, key, values[i] as V)
    }
  }
}
