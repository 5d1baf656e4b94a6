// What has a picker, an upstream or a subset of one, gets a new one when those who may be picked change, and only then: a picker
// that stays keeps its place in its turns.

import type { UpstreamConfig } from '../config/model.ts'
import type { Picker } from '../model/balancer.ts'
import type { Random } from '../model/clock.ts'
import type { Deadlines } from '../model/deadlines.ts'
import type { Availability } from '../resilience/availability.ts'
import { balancerOf, PickerBuild } from './build-picker.ts'

export interface Seat {
  picker: Picker
}

/** How the pickers of one upstream and of its subsets are built. */
export interface SeatRules {
  readonly balancer: UpstreamConfig['balancer']
  readonly random: Random
  readonly deadlines: Deadlines
  /** Requests that run on the upstream. */
  readonly load: () => number
}

/** What the picker in a seat was built from. */
interface Origin {
  readonly balancer: UpstreamConfig['balancer']
  readonly candidates: Availability['candidates']
}

const builtFrom = new WeakMap<Seat, Origin>()

/** A build that is under way in slices, and what is to follow it: only the latest. */
interface Building {
  next: Availability | null
}

const building = new WeakMap<Seat, Building>()

/** null when the picker that is there was built from the very same. */
export function planPicker(seat: Seat, shown: Availability, rules: SeatRules): PickerBuild | null {
  if (isBuiltFrom(seat, shown, rules)) return null
  const { balancer, random, deadlines, load } = rules
  return new PickerBuild(balancerOf(balancer), shown.candidates, random, {
    time: deadlines,
    load,
    boundedLoad: balancer.boundedLoad,
  })
}

/** Puts a planned picker in force, at one go; what was being built is forgotten. */
export function seatPicker(seat: Seat, build: PickerBuild | null, shown: Availability, rules: SeatRules): void {
  building.delete(seat)
  if (build !== null) seat.picker = build.picker()
  builtFrom.set(seat, { balancer: rules.balancer, candidates: shown.candidates })
}

/** Those who may be picked have changed: a new picker, not at one go where that would keep requests waiting. */
export function reseat(seat: Seat, shown: Availability, rules: SeatRules): void {
  const current = building.get(seat)
  if (current !== undefined) {
    // That one first, or changes that come faster than pickers are built would keep the oldest of all in force.
    current.next = shown
    return
  }
  const build = planPicker(seat, shown, rules)
  if (build === null) return
  if (build.done) {
    seatPicker(seat, build, shown, rules)
    return
  }
  const mine: Building = { next: null }
  building.set(seat, mine)
  build.inSlices().then(() => {
    if (building.get(seat) !== mine) return
    seatPicker(seat, build, shown, rules)
    if (mine.next !== null) reseat(seat, mine.next, rules)
  })
}

function isBuiltFrom(seat: Seat, { candidates }: Availability, { balancer: { type, boundedLoad } }: SeatRules): boolean {
  const origin = builtFrom.get(seat)
  if (origin === undefined || origin.balancer.type !== type || origin.balancer.boundedLoad !== boundedLoad) return false
  if (origin.candidates.length !== candidates.length) return false
  return candidates.every(({ endpoint, weight }, i) => {
    const before = origin.candidates[i]
    return before?.endpoint === endpoint && before.weight === weight
  })
}
