// SRV weights to weights of endpoints: what a target has is shared by its addresses, in the smallest whole numbers.

import type { EndpointSpec } from '../model/endpoint.ts'

export interface WeightedGroup {
  /** Of all addresses together, 0 to 65535; 0 is "very small" beside others (RFC 2782), equal among themselves. */
  readonly weight: number
  readonly addresses: readonly string[]
}

const MAX_WEIGHT = 65535
/** How much more than weight 0 a weight of 1 is. */
const ABOVE_ZERO = 100

/** In ascending order of the address, each once. */
export function shareWeights(groups: readonly WeightedGroup[]): EndpointSpec[] {
  const used = groups.filter(({ addresses }) => addresses.length > 0)
  const someZero = used.some(({ weight }) => weight === 0) && used.some(({ weight }) => weight > 0)
  const shares = new Map<string, number>()
  for (const { weight, addresses } of used) {
    const whole = weight === 0 ? 1 : someZero ? weight * ABOVE_ZERO : weight
    for (const address of addresses) shares.set(address, (shares.get(address) ?? 0) + whole / addresses.length)
  }
  const weights = wholeNumbers([...shares.values()])
  return [...shares.keys()].map((address, i) => ({ address, weight: weights[i] as number })).sort(byAddress)
}

export function byAddress(a: EndpointSpec, b: EndpointSpec): number {
  return a.address < b.address ? -1 : a.address > b.address ? 1 : 0
}

/** Exact while a small common multiple makes all of them whole; else in steps of the largest / 65535. At least 1 each. */
function wholeNumbers(shares: readonly number[]): number[] {
  for (let factor = 1; factor <= 60; factor++) {
    const whole = shares.map((share) => Math.round(share * factor))
    if (!whole.every((value, i) => Math.abs(value - (shares[i] as number) * factor) < 1e-6)) continue
    const divisor = whole.reduce(greatestCommonDivisor, 0)
    if (whole.every((value) => value / divisor <= MAX_WEIGHT)) return whole.map((value) => value / divisor)
    break
  }
  const scale = MAX_WEIGHT / Math.max(...shares)
  return shares.map((share) => Math.max(1, Math.round(share * scale)))
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
