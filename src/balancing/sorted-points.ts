// Many points on the circle of 32-bit numbers, each owned by an endpoint, in order: a bucket sort, since points are evenly spread,
// whose buckets stay as the index for looking one up in constant time. Built in steps.

/** How many points are handled, or probes made, between two looks at what else there is to do: 0.1 ms or so. */
export const STEP = 4096

/** The points of each owner. `key` is asked twice for each, in order, and gives the same unsigned 32-bit integer both times. */
export interface PointSource {
  readonly owners: number
  count(owner: number): number
  key(owner: number, index: number): number
  /** Who comes first of two owners whose points coincide: the same whatever the order of owners is. */
  precedes(owner: number, other: number): boolean
}

export interface SortedPoints {
  /** Ascending. */
  readonly keys: Uint32Array
  /** Whose the point at the same place is. */
  readonly owners: Uint16Array | Uint32Array
  /** Place of the first point at or after `key` on the circle; there must be points. */
  find(key: number): number
}

/** Points a bucket on average. */
const FILL = 4

class Buckets implements SortedPoints {
  readonly keys: Uint32Array
  readonly owners: Uint16Array | Uint32Array
  /** Where each bucket starts; while it is built, one place further. */
  readonly #starts: Uint32Array
  readonly #shift: number

  constructor(points: number, owners: number) {
    // At least two: a shift by 32 is one by 0.
    const bits = Math.max(1, Math.floor(Math.log2(Math.max(1, points / FILL))))
    this.#shift = 32 - bits
    this.#starts = new Uint32Array(2 ** bits + 2)
    this.keys = new Uint32Array(points)
    this.owners = owners <= 0x10000 ? new Uint16Array(points) : new Uint32Array(points)
  }

  get length(): number {
    return this.#starts.length - 2
  }

  find(key: number): number {
    const { keys } = this
    let place = this.#starts[key >>> this.#shift] as number
    while (place < keys.length && (keys[place] as number) < key) place++
    return place === keys.length ? 0 : place
  }

  countPoints(source: PointSource, owner: number, from: number, to: number): void {
    const starts = this.#starts
    const shift = this.#shift
    for (let i = from; i < to; i++) {
      const at = (source.key(owner, i) >>> shift) + 2
      starts[at] = (starts[at] as number) + 1
    }
  }

  sumCounts(from: number, to: number): void {
    const starts = this.#starts
    for (let at = from; at < to; at++) starts[at + 2] = (starts[at + 2] as number) + (starts[at + 1] as number)
  }

  placePoints(source: PointSource, owner: number, from: number, to: number): void {
    const starts = this.#starts
    const shift = this.#shift
    for (let i = from; i < to; i++) {
      const key = source.key(owner, i)
      const bucket = (key >>> shift) + 1
      const place = starts[bucket] as number
      starts[bucket] = place + 1
      this.keys[place] = key
      this.owners[place] = owner
    }
  }

  /** Insertion sort: there are a few in each. */
  sortBuckets(source: PointSource, from: number, to: number): void {
    const { keys, owners } = this
    for (let bucket = from; bucket < to; bucket++) {
      const start = this.#starts[bucket] as number
      const end = this.#starts[bucket + 1] as number
      for (let i = start + 1; i < end; i++) {
        const key = keys[i] as number
        const owner = owners[i] as number
        let place = i
        while (place > start) {
          const before = keys[place - 1] as number
          if (before < key || (before === key && !source.precedes(owner, owners[place - 1] as number))) break
          keys[place] = before
          owners[place] = owners[place - 1] as number
          place--
        }
        keys[place] = key
        owners[place] = owner
      }
    }
  }
}

export function* sortPoints(source: PointSource): Generator<undefined, SortedPoints> {
  let points = 0
  for (let owner = 0; owner < source.owners; owner++) points += source.count(owner)
  const buckets = new Buckets(points, source.owners)
  yield* eachOwner(source, (owner, from, to) => buckets.countPoints(source, owner, from, to))
  yield* inSteps(buckets.length, STEP, (from, to) => buckets.sumCounts(from, to))
  yield* eachOwner(source, (owner, from, to) => buckets.placePoints(source, owner, from, to))
  yield* inSteps(buckets.length, STEP / FILL, (from, to) => buckets.sortBuckets(source, from, to))
  return buckets
}

function* eachOwner(source: PointSource, work: (owner: number, from: number, to: number) => void): Generator<undefined, void> {
  let done = 0
  for (let owner = 0; owner < source.owners; owner++) {
    const count = source.count(owner)
    for (let from = 0; from < count; ) {
      const to = Math.min(count, from + STEP - done)
      work(owner, from, to)
      done += to - from
      from = to
      if (done < STEP) continue
      done = 0
      yield
    }
  }
}

function* inSteps(length: number, step: number, work: (from: number, to: number) => void): Generator<undefined, void> {
  for (let from = 0; from < length; from += step) {
    work(from, Math.min(length, from + step))
    yield
  }
}

/** A build at one go. */
export function finish<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value as T
  }
}
