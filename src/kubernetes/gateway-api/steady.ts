// Objects as long as nothing but their status changed: the API server counts changes of the spec, and what is made of an object goes
// by that.

import type { KeptMetadata } from '../object-reference.ts'
import type { Kept } from './kinds.ts'

export class Steady<Spec> {
  #known = new Map<string, Kept<Spec>>()

  /** For each object the first one of its generation. `objects`: all that there are. */
  of(objects: readonly Kept<Spec>[]): ReadonlyMap<Kept<Spec>, Kept<Spec>> {
    const next = new Map<string, Kept<Spec>>()
    const found = new Map<Kept<Spec>, Kept<Spec>>()
    for (const object of objects) {
      const before = this.#known.get(object.meta.uid)
      const first = before !== undefined && sameSpec(before, object) ? before : object
      next.set(object.meta.uid, first)
      found.set(object, first)
    }
    this.#known = next
    return found
  }
}

function sameSpec(a: Kept<unknown>, b: Kept<unknown>): boolean {
  return sameMeta(a.meta, b.meta) && (a.spec === b.spec || b.meta.generation > 0)
}

function sameMeta(a: KeptMetadata, b: KeptMetadata): boolean {
  return a.generation === b.generation && a.createdAt === b.createdAt && a.namespace === b.namespace && a.name === b.name
}
