// Which endpoints may be picked, with which weight: health, ejection, priorities, zones, panic and slow start in one place, so that
// algorithms only pick.

import type { WeightedEndpoint } from '../model/balancer.ts'
import type { Endpoint } from '../model/endpoint.ts'

/** One endpoint as everything that may keep it out sees it. */
export interface Standing {
  readonly endpoint: Endpoint
  /** As configured or discovered; 0 = never. */
  readonly weight: number
  /** 0 = used first. */
  readonly priority: number
  readonly zone: string | null
  /** Why it is out; null = it is healthy. */
  readonly out: string | null
  /** Discovery wants no new requests on it, but it still serves. */
  readonly terminating: boolean
  /** Milliseconds since it came (back); Infinity = long ago. */
  readonly age: number
}

export interface AvailabilityOptions {
  /** Healthy share (0 to 1) below which health is ignored; 0 = never. */
  readonly panic: number
  /** Other upstreams stand in for this one: health is not ignored while one endpoint is healthy. */
  readonly relieved: boolean
  /** A level takes over what `healthy share x spill` of the one before cannot; 0 = only when that has none left. */
  readonly spill: number
  /** Own zone and the share of the healthy weight that it must have to be preferred; null = off. */
  readonly zone: { readonly own: string; readonly minimumShare: number } | null
  /** Milliseconds from 10 % to the full weight; 0 = off. */
  readonly slowStart: number
}

export interface Availability {
  readonly candidates: readonly WeightedEndpoint[]
  /** Health is ignored. */
  readonly panic: boolean
  /** One that may be picked is healthy. */
  readonly usable: boolean
  /** Some weight still grows: look again in a second. */
  readonly ramping: boolean
}

/** Weights are multiplied by this, so that ramps and shares of levels have somewhere to go. */
const SCALE = 1000
const SLOWEST = 0.1

export function availability(standings: readonly Standing[], options: AvailabilityOptions): Availability {
  const all = standings.filter(({ weight }) => weight > 0)
  const staying = all.filter(({ terminating }) => !terminating)
  const someWell = (of: readonly Standing[]): boolean => of.some(({ out }) => out === null)
  // What is being taken away but still well is better than nobody, and than those who are not.
  const usable = staying.length > 0 && (someWell(staying) || !someWell(all)) ? staying : all
  const healthy = usable.filter(({ out }) => out === null)
  const few = options.relieved ? healthy.length === 0 : weightOf(healthy) < options.panic * weightOf(usable)
  const panic = usable.length > 0 && options.panic > 0 && few
  const shares = panic ? [{ members: usable, share: 1 }] : levels(usable, options.spill)
  const groups = shares.map(({ members, share }) => ({ members: panic ? members : preferZone(members, options.zone), share }))
  const slowStart = panic ? 0 : options.slowStart
  const ramping = groups.some(({ members }) => members.some(({ age }) => age < slowStart))
  const plain = groups.length === 1 && !ramping
  const candidates = groups.flatMap(({ members, share }) => {
    // One level: the weights as they are. Several: each level's weights are scaled to its share.
    const factor = groups.length === 1 ? 1 : (share * 100) / weightOf(members)
    return members.map(({ endpoint, weight, age }) => ({
      endpoint,
      weight: plain ? weight : Math.max(1, Math.round(weight * factor * rampOf(age, slowStart) * SCALE)),
    }))
  })
  return { candidates, panic, usable: healthy.length > 0, ramping }
}

interface Level {
  readonly members: readonly Standing[]
  readonly share: number
}

/** What each priority level takes: as much as its healthy part can, the rest goes on to the next. */
function levels(usable: readonly Standing[], spill: number): Level[] {
  const priorities = [...new Set(usable.map(({ priority }) => priority))].sort((a, b) => a - b)
  const found: Level[] = []
  let left = 1
  for (const priority of priorities) {
    const level = usable.filter((standing) => standing.priority === priority)
    const members = level.filter(({ out }) => out === null)
    if (members.length === 0) continue
    const capacity = spill === 0 ? 1 : Math.min(1, (weightOf(members) / weightOf(level)) * spill)
    const share = Math.min(left, capacity)
    if (share > 0) found.push({ members, share })
    left -= share
    if (left <= 1e-9) break
  }
  // What no level could take is shared out in proportion.
  const taken = 1 - left
  return taken > 0 && left > 1e-9 ? found.map(({ members, share }) => ({ members, share: share / taken })) : found
}

function preferZone(members: readonly Standing[], zone: AvailabilityOptions['zone']): readonly Standing[] {
  if (zone === null) return members
  const near = members.filter((standing) => standing.zone === zone.own)
  return near.length > 0 && weightOf(near) >= zone.minimumShare * weightOf(members) ? near : members
}

function rampOf(age: number, slowStart: number): number {
  if (slowStart === 0 || age >= slowStart) return 1
  return Math.max(SLOWEST, age / slowStart)
}

function weightOf(standings: readonly Standing[]): number {
  let sum = 0
  for (const { weight } of standings) sum += weight
  return sum
}
