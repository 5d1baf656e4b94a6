// Upstreams of Services by what they are made of: the same wish is the same object, for as long as somebody has it.

import type { ServicePort } from '../service.ts'
import { type NamedUpstream, upstreamOfService, type WrittenUpstream } from '../service-upstream.ts'

export class Upstreams {
  #known = new Map<string, NamedUpstream | string>()

  /** What is wrong, in words, where there can be none. */
  of(namespace: string, service: string, port: ServicePort, written: WrittenUpstream): NamedUpstream | string {
    const key = JSON.stringify([namespace, service, port, written])
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const made = upstreamOfService(namespace, service, port, written)
    this.#known.set(key, made)
    return made
  }

  /** Forgets the others. */
  keep(used: ReadonlySet<NamedUpstream>): void {
    for (const [key, each] of this.#known) if (typeof each === 'string' || !used.has(each)) this.#known.delete(key)
  }
}
