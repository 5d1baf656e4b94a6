// What of the limits of an upstream one process may use. The parts of all processes together are the limits.

/** Limits of an upstream, of the whole gateway or of one process. */
export interface Quota {
  /** Open connections to all endpoints. */
  readonly connections: number
  /** Requests that wait. */
  readonly pending: number
  /** Requests that run. */
  readonly requests: number
}

/** How one process uses an upstream whose limits it shares with others. */
export interface QuotaUse {
  readonly upstream: string
  /** Of the whole gateway, by the configuration that this process follows. */
  readonly limits: Quota
  readonly quota: Quota
  /** Places that it could have used lately: what ran, waited and was refused at the worst moment. */
  readonly need: number
  /** Requests that run now. */
  readonly requests: number
  /** Connections that are open now. */
  readonly connections: number
}

export interface QuotaGrant {
  readonly upstream: string
  /** Of the gateway; a process that has others by now ignores the grant. */
  readonly limits: Quota
  readonly quota: Quota
}

/** Which part of what is divided evenly a process has. */
export interface Part {
  /** From 0. */
  readonly index: number
  /** Of how many, at least 1. */
  readonly count: number
}

export const WHOLE: Part = { index: 0, count: 1 }

/** `part` of an even division; all parts together are `limit`. */
export function evenPart(limit: number, { index, count }: Part): number {
  return Math.floor(limit / count) + (index < limit % count ? 1 : 0)
}

/** One place to wait each, however few there are: who cannot wait cannot show that it needs more. */
const pendingAtLeast = (limit: number, part: number): number => (limit === 0 ? 0 : Math.max(part, 1))

export function evenQuota(limits: Quota, part: Part): Quota {
  return {
    connections: evenPart(limits.connections, part),
    pending: pendingAtLeast(limits.pending, evenPart(limits.pending, part)),
    requests: evenPart(limits.requests, part),
  }
}

/** The same part of other limits. */
export function scaledQuota({ connections, pending, requests }: Quota, from: Quota, to: Quota): Quota {
  const scale = (part: number, before: number, after: number): number => Math.floor(before === 0 ? 0 : (part * after) / before)
  return {
    connections: scale(connections, from.connections, to.connections),
    pending: pendingAtLeast(to.pending, scale(pending, from.pending, to.pending)),
    requests: scale(requests, from.requests, to.requests),
  }
}

export function sameQuota(a: Quota, b: Quota): boolean {
  return a.connections === b.connections && a.pending === b.pending && a.requests === b.requests
}
