// What whoever watches has been told of upstreams, and what is to be told now: health at once, numbers as far as there is room.

import type { UpstreamState } from '../../model/upstream-state.ts'
import type { LiveEndpoint, LiveUpstream, UpstreamChange } from './messages.ts'
import type { Tries } from './traffic.ts'

/** Endpoints of which only numbers changed, in one tick; the others have their turn in the next ones. */
const MOST_NUMBERS = 500
/** Ends of ejections are worked out anew each time, from two clocks. */
const SAME_TIME_MS = 250

interface Told {
  readonly upstream: UpstreamState
  readonly endpoints: Map<string, LiveEndpoint>
}

export class UpstreamChanges {
  readonly #told = new Map<string, Told>()
  /** How many endpoints with other numbers had to wait, so that those come first. */
  #skip = 0

  /** All that was told. */
  all(): LiveUpstream[] {
    return [...this.#told.values()].map(({ upstream, endpoints }) => ({ ...upstream, endpoints: [...endpoints.values()] }))
  }

  next(upstreams: readonly UpstreamState[], tries: ReadonlyMap<string, Tries>): UpstreamChange[] {
    const room = new Room(this.#skip, MOST_NUMBERS)
    const changes = upstreams.flatMap((upstream) => this.#change(upstream, tries, room) ?? [])
    this.#skip = room.left > 0 ? 0 : this.#skip + MOST_NUMBERS
    const names = new Set(upstreams.map(({ name }) => name))
    for (const [name, { upstream }] of this.#told) {
      if (names.has(name)) continue
      this.#told.delete(name)
      changes.push({ ...upstream, endpoints: [], gone: [], removed: true })
    }
    return changes
  }

  #change(upstream: UpstreamState, tries: ReadonlyMap<string, Tries>, room: Room): UpstreamChange | null {
    const before = this.#told.get(upstream.name)
    const told = before?.endpoints ?? new Map<string, LiveEndpoint>()
    const endpoints: LiveEndpoint[] = []
    for (const state of upstream.endpoints) {
      const { all = 0, failed = 0, outcome = null } = tries.get(`${upstream.name} ${state.address}`) ?? {}
      const endpoint = { ...state, tries: all, failed, outcome }
      const known = told.get(state.address)
      if (known !== undefined && sameHealth(known, endpoint) && (sameNumbers(known, endpoint) || !room.take())) continue
      told.set(state.address, endpoint)
      endpoints.push(endpoint)
    }
    const gone = told.size === upstream.endpoints.length ? [] : missingFrom(upstream, told)
    for (const address of gone) told.delete(address)
    this.#told.set(upstream.name, { upstream, endpoints: told })
    const same = before !== undefined && sameUpstream(before.upstream, upstream)
    return same && endpoints.length + gone.length === 0 ? null : { ...upstream, endpoints, gone, removed: false }
  }
}

/** Of all that ask, those behind the first `skip`, up to `left`. */
class Room {
  #skip: number
  left: number

  constructor(skip: number, most: number) {
    this.#skip = skip
    this.left = most
  }

  take(): boolean {
    if (this.#skip > 0) {
      this.#skip--
      return false
    }
    if (this.left === 0) return false
    this.left--
    return true
  }
}

function missingFrom({ endpoints }: UpstreamState, told: ReadonlyMap<string, LiveEndpoint>): string[] {
  const present = new Set(endpoints.map(({ address }) => address))
  return [...told.keys()].filter((address) => !present.has(address))
}

function sameHealth(one: LiveEndpoint, other: LiveEndpoint): boolean {
  return (
    one.health === other.health &&
    one.reason === other.reason &&
    one.weight === other.weight &&
    one.priority === other.priority &&
    one.zone === other.zone &&
    (one.until === other.until || Math.abs((one.until ?? 0) - (other.until ?? 0)) < SAME_TIME_MS)
  )
}

function sameNumbers(one: LiveEndpoint, other: LiveEndpoint): boolean {
  return (
    one.inFlight === other.inFlight &&
    one.latencyMs === other.latencyMs &&
    one.tries === other.tries &&
    one.failed === other.failed &&
    one.outcome === other.outcome
  )
}

function sameUpstream(one: UpstreamState, other: UpstreamState): boolean {
  return one.breaker === other.breaker && one.panic === other.panic && one.limit === other.limit
}
