// The roster of one upstream: who may be picked now. Brings together what discovery lists, what ejection says and how long an
// endpoint has been back, and has the picker built anew whenever that changes.

import type { Clock } from '../model/clock.ts'
import type { Outcome } from '../model/connection.ts'
import type { UpstreamCounters } from '../model/counters.ts'
import { type Deadlines, Timed } from '../model/deadlines.ts'
import type { Endpoint, EndpointSpec } from '../model/endpoint.ts'
import type { EndpointRoster, Standing as EndpointStanding } from '../model/roster.ts'
import { type Availability, type AvailabilityOptions, availability, type Standing } from './availability.ts'
import { EjectionJudge, type EjectionOptions } from './ejection.ts'

/** Milliseconds between two looks at weights that grow. */
const RAMP_EVERY = 1000

export interface RosterSettings {
  readonly availability: AvailabilityOptions
  /** null = endpoints are never ejected. */
  readonly ejection: EjectionOptions | null
}

/** What the roster is drawn up from. */
export interface RosterMembers {
  readonly specs: readonly EndpointSpec[]
  readonly endpoints: ReadonlyMap<string, Endpoint>
}

export class Roster extends Timed implements EndpointRoster {
  usable = false
  private ignoring = false
  private readonly counters: UpstreamCounters
  /** Whether another upstream stands in for this one. */
  private readonly relieved: () => boolean
  private readonly clock: Clock
  private readonly deadlines: Deadlines
  private settings: RosterSettings | null = null
  private members: RosterMembers = { specs: [], endpoints: new Map() }
  private judge: EjectionJudge | null = null
  /** When an endpoint came, or came back. */
  private readonly since = new Map<Endpoint, number>()
  private changed: (availability: Availability) => void = () => {}

  constructor(deadlines: Deadlines, counters: UpstreamCounters, relieved: () => boolean = () => false) {
    super()
    this.relieved = relieved
    this.counters = counters
    this.clock = deadlines.clock
    this.deadlines = deadlines
  }

  get panic(): boolean {
    return this.ignoring && !this.relieved()
  }

  /** Who could be picked of `members` under `settings`; changes nothing. */
  preview(settings: RosterSettings, { specs, endpoints }: RosterMembers): Availability {
    const now = this.clock.now()
    // The endpoints of the very first configuration have nobody to be slower than.
    const first = this.settings === null
    const standings = specs.map(({ address, weight, priority = 0 }): Standing => {
      const endpoint = endpoints.get(address) as Endpoint
      const out = settings.ejection === null ? null : (this.judge?.ejectionOf(endpoint)?.reason ?? null)
      const age = first ? Number.POSITIVE_INFINITY : now - (this.since.get(endpoint) ?? now)
      return { endpoint, weight, priority, zone: null, out, terminating: false, age }
    })
    return availability(standings, settings.availability)
  }

  /** Takes over what a plan has come to; `changed` is told from now on when somebody leaves or comes back. */
  adopt(
    settings: RosterSettings,
    members: RosterMembers,
    shown: Availability,
    changed: (availability: Availability) => void,
  ): void {
    const now = this.clock.now()
    const age = this.settings === null ? Number.NEGATIVE_INFINITY : now
    for (const endpoint of members.endpoints.values()) if (!this.since.has(endpoint)) this.since.set(endpoint, age)
    for (const endpoint of [...this.since.keys()]) {
      if (members.endpoints.get(endpoint.address) !== endpoint) this.since.delete(endpoint)
    }
    this.settings = settings
    this.members = members
    this.changed = changed
    if (settings.ejection === null) this.judge = null
    else if (this.judge === null) this.judge = new EjectionJudge(settings.ejection, this.clock, this.relieved)
    else this.judge.options = settings.ejection
    // Nobody can take the place of an endpoint but those that are asked at all.
    const asked = members.specs.filter(({ weight }) => weight > 0)
    this.judge?.retain(asked.map(({ address }) => members.endpoints.get(address) as Endpoint))
    this.take(shown)
  }

  record(endpoint: Endpoint, outcome: Outcome, status: number, durationMs: number, now: number): void {
    const ejection = this.judge?.record(endpoint, outcome, status, durationMs, now) ?? null
    if (ejection === null) return
    const { ejections } = this.counters
    ejections.set(ejection.reason, (ejections.get(ejection.reason) ?? 0) + 1)
    this.refresh()
  }

  stateOf(endpoint: Endpoint): EndpointStanding {
    const ejection = this.judge?.ejectionOf(endpoint) ?? null
    if (ejection === null) return { up: true, reason: '', until: null }
    const until = this.clock.wall() + (ejection.until - this.clock.now())
    return { up: false, reason: ejection.reason, until }
  }

  private refresh(): void {
    if (this.settings === null) return
    const now = this.preview(this.settings, this.members)
    this.take(now)
    this.changed(now)
  }

  private take({ panic, usable, ramping }: Availability): void {
    this.ignoring = panic
    this.usable = usable
    this.watch(ramping)
  }

  override onDeadline(now: number): void {
    for (const endpoint of this.judge?.release(now) ?? []) this.since.set(endpoint, now)
    this.refresh()
  }

  /** The next time that something changes by itself. */
  private watch(ramping: boolean): void {
    let at = ramping ? this.clock.now() + RAMP_EVERY : Number.POSITIVE_INFINITY
    for (const endpoint of this.members.endpoints.values()) {
      const until = this.judge?.ejectionOf(endpoint)?.until ?? at
      if (until < at) at = until
    }
    this.deadlines.armOrDisarm(this, at === Number.POSITIVE_INFINITY ? 0 : Math.max(at - this.clock.now(), 1))
  }
}
