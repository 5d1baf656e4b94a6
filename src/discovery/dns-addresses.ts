// The addresses of a name: A and AAAA together.

import type { DnsLookup } from './dns-lookup.ts'
import type { RecordType } from './dns-message.ts'

export interface Addresses {
  /** IP addresses in ascending order, each once: servers shuffle them. */
  readonly addresses: readonly string[]
  /** Seconds; Infinity when nothing in it is new. */
  readonly ttl: number
  /** What is wrong with a part of it. */
  readonly trouble: string
}

/** A family that cannot be asked has its last good answer. Rejects when there is no address, with the reason. */
export async function findAddresses(lookup: DnsLookup, name: string): Promise<Addresses> {
  const types: readonly RecordType[] = ['A', 'AAAA']
  const families = await Promise.allSettled(types.map((type) => lookup.find(name, type)))
  const troubles: string[] = []
  const addresses = new Set<string>()
  let ttl = Number.POSITIVE_INFINITY
  let exists = false
  for (const family of families) {
    if (family.status === 'rejected') {
      troubles.push((family.reason as Error).message)
      continue
    }
    if (family.value.trouble !== '') troubles.push(family.value.trouble)
    ttl = Math.min(ttl, family.value.ttl)
    exists ||= family.value.exists
    for (const { data } of family.value.records) if (typeof data === 'string') addresses.add(data)
  }
  const trouble = troubles.join('; ')
  if (addresses.size === 0) throw new Error(trouble || `${name} ${exists ? 'has no address' : 'does not exist (NXDOMAIN)'}`)
  return { addresses: [...addresses].sort(), ttl, trouble }
}
