// Listeners that cannot be told apart on one address.

import type { Trouble } from './addresses.ts'

export interface Claim {
  readonly port: number
  readonly protocol: 'http' | 'https' | 'tls' | 'tcp'
  /** '' = every host. */
  readonly host: string
  /** What it is written in. Of two in one object neither wins, of two objects the earlier one. */
  readonly owner: string
  /** uid of the Gateway, and the addresses that it has: those of several only meet where these do. */
  readonly gateway: string
  readonly addresses: readonly string[]
  /** As in `the listener http of the Gateway shop/edge`. */
  readonly inWords: string
}

/** `claims`: earlier objects first. By position; null = no conflict. What is refused is in nobody's way. */
export function findConflicts(claims: readonly Claim[]): (Trouble | null)[] {
  const found: (Trouble | null)[] = claims.map(() => null)
  const standing = new Map<number, Claim[]>()
  for (let from = 0, to = 0; from < claims.length; from = to) {
    const { owner } = claims[from] as Claim
    while (claims[to]?.owner === owner) to++
    for (let i = from; i < to; i++) found[i] = firstConflict(claims[i] as Claim, standing.get(claims[i]?.port as number) ?? [])
    const left = claims.map((_claim, i) => i).filter((i) => i >= from && i < to && found[i] === null)
    for (const i of left)
      found[i] = firstConflict(
        claims[i] as Claim,
        left.filter((j) => j !== i).map((j) => claims[j] as Claim),
      )
    for (const i of left) {
      const claim = claims[i] as Claim
      if (found[i] === null) standing.set(claim.port, [...(standing.get(claim.port) ?? []), claim])
    }
  }
  return found
}

function firstConflict(claim: Claim, others: readonly Claim[]): Trouble | null {
  for (const other of others) {
    const trouble = other.port === claim.port && meetAt(claim, other) ? conflictOf(claim, other) : null
    if (trouble !== null) return trouble
  }
  return null
}

function meetAt(one: Claim, two: Claim): boolean {
  return one.gateway === two.gateway || one.addresses.some((address) => two.addresses.includes(address))
}

/** Those that look at names in TLS go together, and those that look at Host. */
const CLASSES = { http: 'http', https: 'tls', tls: 'tls', tcp: 'tcp' } as const

function conflictOf(one: Claim, two: Claim): Trouble | null {
  const port = `port ${one.port}`
  const speaks = `${two.protocol.toUpperCase()} is spoken there by ${two.inWords}`
  if (CLASSES[one.protocol] !== CLASSES[two.protocol])
    return { reason: 'ProtocolConflict', message: `${port} cannot be shared by ${one.protocol.toUpperCase()}: ${speaks}` }
  if (one.protocol === 'tcp')
    return {
      reason: 'ProtocolConflict',
      message: `${port} is asked for by ${two.inWords} too: nothing tells connections of TCP apart`,
    }
  if (one.host !== two.host) return null
  const host = one.host === '' ? 'every host' : one.host
  if (one.protocol !== two.protocol)
    return { reason: 'ProtocolConflict', message: `${host} on ${port} is asked for with two protocols: ${speaks}` }
  return { reason: 'HostnameConflict', message: `${host} on ${port} is asked for by ${two.inWords} too` }
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
        meetAt(claim, other) &&
        meet(claim.host, other.host),
    ),
  )
}
