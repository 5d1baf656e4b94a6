// What sessions call endpoints: a name that says nothing about the address, that nobody can make up who has not got the key, and that
// every process with the key makes alike (HMAC-SHA256, RFC 2104). It holds as long as upstream and address stay what they are.

import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import type { Endpoint } from '../model/endpoint.ts'
import type { Upstream } from '../model/upstream.ts'

/** Of the 32 bytes of a MAC: 120 bits for an endpoint, 72 for an upstream, which there are few of. Multiples of 3, so that nothing is padded. */
const ENDPOINT_BYTES = 15
const PART_BYTES = 9
/** Characters of `partOf`. */
export const PART_LENGTH = (PART_BYTES / 3) * 4
/** Names that are computed at one go ahead of need. */
const SLICE = 200
/** What the key is for, so that the same secret elsewhere gives other values. */
const PURPOSE = 'headgate session'

interface Index {
  /** What it was made of. */
  readonly endpoints: ReadonlyMap<string, Endpoint>
  readonly byName: ReadonlyMap<string, Endpoint>
}

/** One per secret. Sessions have the name of the part, then that of the endpoint: who loses its endpoint keeps its part. */
export class SessionNames {
  private readonly key: KeyObject
  private readonly names = new WeakMap<Endpoint, string>()
  private readonly indexes = new WeakMap<Upstream, Index>()
  private readonly prepared = new WeakMap<Upstream, Upstream['endpoints']>()

  constructor(secret: string) {
    this.key = createSecretKey(Buffer.from(`${PURPOSE}\0${secret}`))
  }

  private mac(text: string, bytes: number): string {
    return createHmac('sha256', this.key).update(text).digest().toString('base64url', 0, bytes)
  }

  /** The first 12 characters of a name: of an upstream, or of the part of it with these labels (as text; '' = all of it). */
  partOf(upstream: Upstream, labels: string): string {
    return this.mac(`part\0${upstream.name}\0${labels}`, PART_BYTES)
  }

  /** The other 20 characters: of an endpoint of this upstream. */
  nameOf(upstream: Upstream, endpoint: Endpoint): string {
    const known = this.names.get(endpoint)
    if (known !== undefined) return known
    const name = this.mac(`endpoint\0${upstream.name}\0${endpoint.address}`, ENDPOINT_BYTES)
    this.names.set(endpoint, name)
    return name
  }

  /** Computes what will be asked for, in slices of about a millisecond: ten thousand names at once would keep requests waiting. */
  prepare(upstream: Upstream): void {
    if (this.prepared.get(upstream) === upstream.endpoints) return
    this.prepared.set(upstream, upstream.endpoints)
    const left = upstream.endpoints.values()
    const slice = (): void => {
      for (let i = 0; i < SLICE; i++) {
        const { done, value } = left.next()
        if (done) return
        this.nameOf(upstream, value)
      }
      setImmediate(slice)
    }
    slice()
  }

  /** The endpoint of that name; null = there is none (any more). */
  find(upstream: Upstream, name: string): Endpoint | null {
    return this.indexOf(upstream).get(name) ?? null
  }

  /** Made anew when the endpoints have changed; only names of new ones are computed. */
  private indexOf(upstream: Upstream): ReadonlyMap<string, Endpoint> {
    const { endpoints } = upstream
    const found = this.indexes.get(upstream)
    if (found?.endpoints === endpoints) return found.byName
    const byName = new Map<string, Endpoint>()
    for (const endpoint of endpoints.values()) byName.set(this.nameOf(upstream, endpoint), endpoint)
    this.indexes.set(upstream, { endpoints, byName })
    return byName
  }
}
