// From a Service and its slices to the endpoints of an upstream. Pure: the same objects give the same list.

import type { EndpointSpec } from '../model/endpoint.ts'
import type { KeptEndpoint, KeptSlice } from './endpoint-slice.ts'
import { findPort, type KeptService } from './service.ts'

export interface ServiceEndpoints {
  /** In ascending order of the address, each once. */
  readonly endpoints: readonly EndpointSpec[]
  /** What is wrong; '' = nothing. */
  readonly trouble: string
}

/** `own` is the zone of this gateway, null = not known. `name` is for what is said. */
export function endpointsOfService(
  name: string,
  service: KeptService,
  slices: readonly KeptSlice[],
  port: string | number,
  own: string | null,
): ServiceEndpoints {
  const found = findPort(service, port)
  // A headless Service may name no ports: then the number is that of the endpoints.
  const free = service.ports.length === 0 && typeof port === 'number'
  if (found === null && !free) return { endpoints: [], trouble: noPort(name, service, port) }
  const candidates = new Map<string, Candidate>()
  for (const { family, ports, endpoints } of slices) {
    const number = found === null ? (port as number) : portIn(ports, found.name, found.port)
    if (number === null) continue
    for (const endpoint of endpoints) {
      const address = endpoint.address.includes(':') ? `[${endpoint.address}]:${number}` : `${endpoint.address}:${number}`
      const candidate = { ...endpoint, address, preferred: service.family === null || family === service.family }
      // Of two addresses of one pod, the one of the Service's first family; of two words about an address, the better one.
      const key = endpoint.owner === '' ? address : `${endpoint.owner} ${number}`
      candidates.set(key, better(candidates.get(key), candidate))
    }
  }
  const usable = new Map<string, Candidate>()
  for (const candidate of candidates.values()) {
    usable.set(candidate.address, better(usable.get(candidate.address), candidate))
  }
  const all = [...usable.values()].sort((a, b) => (a.address < b.address ? -1 : 1))
  const hinted = all.every(({ ready, forZones }) => !ready || forZones.length > 0)
  return { endpoints: all.map((endpoint) => specOf(endpoint, hinted, own)), trouble: '' }
}

type Candidate = KeptEndpoint & { readonly preferred: boolean }

function better(before: Candidate | undefined, next: Candidate): Candidate {
  if (before === undefined) return next
  if (before.ready !== next.ready) return before.ready ? before : next
  if (before.preferred !== next.preferred) return before.preferred ? before : next
  return before.address <= next.address ? before : next
}

/** null = the slice does not have it. */
function portIn(ports: KeptSlice['ports'], name: string, number: number): number | null {
  const found = ports.get(name)
  // Without a number: all ports, each to itself.
  return found === undefined ? null : (found ?? number)
}

/** Hints count only where every endpoint has one, as in kube-proxy: meanwhile they are being written. */
function specOf({ address, zone, forZones, leaving }: Candidate, hinted: boolean, own: string | null): EndpointSpec {
  const meant = !hinted || forZones.length === 0 ? zone : own !== null && forZones.includes(own) ? own : (forZones[0] ?? zone)
  return { address, weight: 1, ...(meant === null ? {} : { zone: meant }), ...(leaving ? { terminating: true } : {}) }
}

function noPort(name: string, { ports }: KeptService, port: string | number): string {
  const has = ports.map((each) => (each.name === '' ? String(each.port) : `${each.name} (${each.port})`)).join(', ')
  return `the Service ${name} has no port ${port}; it has ${has === '' ? 'none' : has}`
}
