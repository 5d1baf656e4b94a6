// Listeners that cannot be told apart on one address.

import type { Trouble } from './addresses.ts'

export interface Claim {
  readonly port: number
  readonly protocol: 'http' | 'https' | 'tls' | 'tcp'
  /** '' = every host. */
  readonly host: string
  /** What it is written in. Of two in one object neither wins, of two objects the earlier one. */
  readonly owner: string
}

/** `claims`: earlier objects first. By position; null = no conflict. What is refused keeps its claim. */
export function findConflicts(claims: readonly Claim[]): (Trouble | null)[] {
  const found: (Trouble | null)[] = claims.map(() => null)
  const byPort = new Map<number, number[]>()
  for (const [i, claim] of claims.entries()) {
    const before = byPort.get(claim.port) ?? []
    for (const j of before) {
      const other = claims[j] as Claim
      const trouble = conflictOf(claim, other)
      if (trouble === null) continue
      found[i] ??= trouble
      if (other.owner === claim.owner) found[j] ??= trouble
    }
    byPort.set(claim.port, [...before, i])
  }
  return found
}

/** Those that look at names in TLS go together, and those that look at Host. */
const CLASSES = { http: 'http', https: 'tls', tls: 'tls', tcp: 'tcp' } as const

function conflictOf(one: Claim, two: Claim): Trouble | null {
  const port = `port ${one.port}`
  if (CLASSES[one.protocol] !== CLASSES[two.protocol])
    return { reason: 'ProtocolConflict', message: `${port} is asked for with protocols that cannot share it` }
  if (one.protocol === 'tcp')
    return { reason: 'ProtocolConflict', message: `${port} is asked for twice: nothing tells connections of TCP apart` }
  if (one.host !== two.host) return null
  const host = one.host === '' ? 'every host' : one.host
  if (one.protocol !== two.protocol)
    return { reason: 'ProtocolConflict', message: `${host} on ${port} is asked for with two protocols` }
  return { reason: 'HostnameConflict', message: `${host} on ${port} is asked for twice` }
}

/** Pairs of TLS listeners of one port whose hosts meet; by position. */
export function findOverlaps(claims: readonly Claim[], meet: (a: string, b: string) => boolean): boolean[] {
  return claims.map((claim, i) =>
    claims.some(
      (other, j) =>
        i !== j &&
        claim.protocol === 'https' &&
        other.protocol === 'https' &&
        claim.port === other.port &&
        meet(claim.host, other.host),
    ),
  )
}
