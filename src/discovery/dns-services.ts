// The endpoints of an SRV name (RFC 2782): targets of the lowest priority level that has an address, with their weights.

import type { EndpointSpec } from '../model/endpoint.ts'
import { type Addresses, findAddresses } from './dns-addresses.ts'
import type { DnsLookup } from './dns-lookup.ts'
import type { DnsRecord, SrvTarget } from './dns-message.ts'
import { shareWeights } from './share-weights.ts'

export interface Services {
  readonly endpoints: readonly EndpointSpec[]
  /** Seconds. */
  readonly ttl: number
  readonly trouble: string
}

/** Targets whose addresses did not come along are asked for so many at a time. */
const AT_ONCE = 16
const MAX_TARGETS = 1000

/** Rejects when there is no endpoint, or the SRV records themselves cannot be had. */
export async function findServices(lookup: DnsLookup, name: string): Promise<Services> {
  const { records, additionals, ttl, exists, trouble } = await lookup.find(name, 'SRV')
  if (trouble !== '') throw new Error(trouble)
  const targets = records.flatMap((record) => (record.type === 'SRV' ? [record.data] : []))
  if (targets.length === 0) throw new Error(`${name} ${exists ? 'has no SRV record' : 'does not exist (NXDOMAIN)'}`)
  const troubles = targets.length > MAX_TARGETS ? [`more than ${MAX_TARGETS} SRV records: only the first are used`] : []
  const used = targets.sort(byPriorityThenName).slice(0, MAX_TARGETS)
  for (const level of levelsOf(used)) {
    const found = await resolve(lookup, level, additionals)
    for (const { trouble } of found.values()) if (trouble !== '') troubles.push(trouble)
    const groups = level.map(({ host, port, weight }) => ({ weight, addresses: addressesOf(found.get(host), port) }))
    const endpoints = shareWeights(groups)
    const shortest = Math.min(ttl, ...[...found.values()].map((addresses) => addresses.ttl))
    if (endpoints.length > 0) return { endpoints, ttl: shortest, trouble: troubles.join('; ') }
  }
  throw new Error(troubles.join('; '))
}

function byPriorityThenName(a: SrvTarget, b: SrvTarget): number {
  return a.priority - b.priority || (a.host < b.host ? -1 : a.host > b.host ? 1 : a.port - b.port)
}

/** Targets by priority, lowest first: a level is used only when those before it have no address at all. */
function levelsOf(targets: readonly SrvTarget[]): SrvTarget[][] {
  return [...Map.groupBy(targets, ({ priority }) => priority).values()]
}

/** The addresses of each host; what cannot be found has none and says why. */
async function resolve(
  lookup: DnsLookup,
  targets: readonly SrvTarget[],
  additionals: readonly DnsRecord[],
): Promise<Map<string, Addresses>> {
  const hosts = [...new Set(targets.map(({ host }) => host))]
  const found = new Map<string, Addresses>()
  const along = Map.groupBy(additionals, ({ name }) => name)
  const work = hosts.values()
  const worker = async () => {
    for (const host of work) {
      const given = (along.get(host) ?? []).flatMap(({ type, data, ttl }) =>
        isAddress(type) ? [{ data: String(data), ttl }] : [],
      )
      const addresses =
        given.length > 0
          ? {
              addresses: [...new Set(given.map(({ data }) => data))].sort(),
              ttl: Math.min(...given.map(({ ttl }) => ttl)),
              trouble: '',
            }
          : await findAddresses(lookup, host).catch((error: Error) => ({
              addresses: [],
              ttl: Number.POSITIVE_INFINITY,
              trouble: error.message,
            }))
      found.set(host, addresses)
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, hosts.length) }, worker))
  return found
}

function isAddress(type: DnsRecord['type']): boolean {
  return type === 'A' || type === 'AAAA'
}

function addressesOf(found: Addresses | undefined, port: number): string[] {
  return (found?.addresses ?? []).map((address) => addressWithPort(address, port))
}

/** `10.0.0.1:80`, `[fd00::1]:80`. */
export function addressWithPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
