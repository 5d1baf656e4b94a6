// What a worker holds of its neighbour's listening sockets: when the neighbour ends, it accepts there until the replacement does, so
// that new clients do not wait for a process to start.

import { closeSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { handTo } from './hand-to.ts'
import { BACKLOG, listening } from './own-listen.ts'

/** How often a worker can stand in: each time uses up a descriptor per address. */
const COVERS = 4
/** Descriptors that a worker gets for this at most. */
const MOST_DESCRIPTORS = 256

/** How many descriptors for each of so many addresses. */
export function coversFor(addresses: number): number {
  return Math.min(COVERS, Math.floor(MOST_DESCRIPTORS / Math.max(addresses, 1)))
}

export class Covers {
  /** By bind: descriptors of the neighbour's socket that were not used yet. */
  readonly #spare = new Map<string, number[]>()
  readonly #standing = new Map<string, Server>()
  readonly #ownerOf: (bind: string) => Server | undefined

  /** `first`: the first descriptor; there are `each` for each of `binds`, in their order. */
  constructor(binds: readonly string[], each: number, first: number, ownerOf: (bind: string) => Server | undefined) {
    this.#ownerOf = ownerOf
    if (each === 0) return
    binds.forEach((bind, i) => {
      this.#spare.set(
        bind,
        Array.from({ length: each }, (_, k) => first + i * each + k),
      )
    })
  }

  /** Accepts in the neighbour's place, wherever there is still a descriptor for it. */
  async begin(): Promise<void> {
    await Promise.all([...this.#spare.keys()].map((bind) => this.#cover(bind)))
  }

  end(): void {
    for (const standing of this.#standing.values()) standing.close()
    this.#standing.clear()
  }

  /** Lets go of the addresses that are not served any more: as long as anybody holds them they would take connections. */
  keep(binds: ReadonlySet<string>): void {
    for (const [bind, standing] of this.#standing) {
      if (binds.has(bind)) continue
      standing.close()
      this.#standing.delete(bind)
    }
    for (const [bind, descriptors] of this.#spare) {
      if (binds.has(bind)) continue
      for (const fd of descriptors) closeSync(fd)
      this.#spare.delete(bind)
    }
  }

  async #cover(bind: string): Promise<void> {
    const owner = this.#ownerOf(bind)
    const fd = this.#spare.get(bind)?.pop()
    if (owner === undefined || fd === undefined || this.#standing.has(bind)) return
    const standing = createServer((socket) => handTo(owner, socket))
    standing.on('error', () => {})
    this.#standing.set(bind, standing)
    await listening(standing, bind, () => standing.listen({ fd }, BACKLOG))
  }
}
