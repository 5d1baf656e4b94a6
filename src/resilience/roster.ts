// The roster of one upstream: who may be picked now. Brings together what discovery lists, what ejection says and how long an
// endpoint has been back, and has the picker built anew whenever that changes.

import type { Candidates } from '../model/affinity.ts'
import type { Clock } from '../model/clock.ts'
import type { Outcome } from '../model/connection.ts'
import type { UpstreamCounters } from '../model/counters.ts'
import { type Deadlines, Timed } from '../model/deadlines.ts'
import type { Endpoint, EndpointSpec } from '../model/endpoint.ts'
import type { HealthState } from '../model/health.ts'
import type { EndpointRoster, Standing as EndpointStanding } from '../model/roster.ts'
import { hasLabels, type Labels, type Subset } from '../model/subset.ts'
import { type Availability, type AvailabilityOptions, availability, type Standing } from './availability.ts'
import { EjectionJudge, type EjectionOptions, isUnreachable } from './ejection.ts'

/** Milliseconds between two looks at weights that grow. */
const RAMP_EVERY = 1000
/** From so many endpoints on drawing up the roster takes its time (1 ms for 3,000): not for each of many that leave together. */
const MANY = 1000
/** Milliseconds between two times then, per endpoint. */
const PAUSE_PER_ENDPOINT = 0.01

const TERMINATING: EndpointStanding = { up: false, health: 'terminating', reason: 'discovery takes it away', until: null }

/** First by level, then who has least to do for its weight. */
function isBetter(one: Standing, other: Standing): boolean {
  if (one.priority !== other.priority) return one.priority < other.priority
  return one.endpoint.inFlight * other.weight < other.endpoint.inFlight * one.weight
}

/** What active health checks mean for an upstream. */
export interface HealthRules {
  /** Whose results count, see `HealthUpdate`. */
  readonly check: string
  /** What endpoints are before their first probe. */
  readonly initial: HealthState
  /** Milliseconds in which there are enough good probes in a row to end an ejection, if none of them fails. */
  readonly confirmedAfter: number
}

/** What is known from the checks of that name; null = nothing. */
export type KnownHealth = (check: string, address: string) => HealthState | null

export interface RosterSettings {
  readonly availability: AvailabilityOptions
  /** null = endpoints are never ejected. */
  readonly ejection: EjectionOptions | null
  /** null = endpoints are not probed. */
  readonly health: HealthRules | null
}

/** What the roster is drawn up from. */
export interface RosterMembers {
  readonly specs: readonly EndpointSpec[]
  readonly endpoints: ReadonlyMap<string, Endpoint>
  readonly subsets: readonly Subset[]
}

/** Who may be picked of all, and then of each subset. */
export type Shown = readonly [Availability, ...Availability[]]

const NOBODY: Candidates = []

export class Roster extends Timed implements EndpointRoster {
  usable = false
  timed = false
  private drawnAt = Number.NEGATIVE_INFINITY
  /** As it was drawn up last. */
  private shown: readonly Availability[] = []
  /** Where there are subsets. */
  private readonly labels = new Map<Endpoint, Labels>()
  private ignoring = false
  private readonly counters: UpstreamCounters
  /** Whether another upstream stands in for this one. */
  private readonly relieved: () => boolean
  private readonly clock: Clock
  private readonly deadlines: Deadlines
  private settings: RosterSettings | null = null
  private members: RosterMembers = { specs: [], endpoints: new Map(), subsets: [] }
  private readonly terminating = new Set<Endpoint>()
  private judge: EjectionJudge | null = null
  /** When an endpoint came, or came back. */
  private readonly since = new Map<Endpoint, number>()
  private readonly known: KnownHealth
  /** Those that active checks keep out. */
  private readonly unhealthy = new Set<Endpoint>()
  /** Ejected ones that were not reachable, and when good probes all along will have ended that. */
  private readonly confirmed = new Map<Endpoint, number>()
  private changed: (shown: Shown) => void = () => {}

  constructor(
    deadlines: Deadlines,
    counters: UpstreamCounters,
    relieved: () => boolean = () => false,
    known: KnownHealth = () => null,
  ) {
    super()
    this.relieved = relieved
    this.known = known
    this.counters = counters
    this.clock = deadlines.clock
    this.deadlines = deadlines
  }

  get panic(): boolean {
    return this.ignoring && !this.relieved()
  }

  get zone(): string | null {
    return this.settings?.availability.zone?.own ?? null
  }

  /** Who could be picked of `members` under `settings`; changes nothing. */
  preview(settings: RosterSettings, members: RosterMembers): Shown {
    const standings = this.standings(settings, members)
    const part = ({ labels }: Subset): Standing[] => standings.filter((_, i) => hasLabels(members.specs[i]?.labels, labels))
    return [
      availability(standings, settings.availability),
      ...members.subsets.map((subset) => availability(part(subset), settings.availability)),
    ]
  }

  private standings(settings: RosterSettings, { specs, endpoints }: RosterMembers): Standing[] {
    const now = this.clock.now()
    // The endpoints of the very first configuration have nobody to be slower than.
    const first = this.settings === null
    return specs.map(({ address, weight, priority = 0, zone = null, terminating = false }): Standing => {
      const endpoint = endpoints.get(address) as Endpoint
      const ejected = settings.ejection === null ? null : (this.judge?.ejectionOf(endpoint)?.reason ?? null)
      const out = this.healthOf(settings, address)?.up === false ? 'health' : ejected
      const age = first ? Number.POSITIVE_INFINITY : now - (this.since.get(endpoint) ?? now)
      return { endpoint, weight, priority, zone, out, terminating, age }
    })
  }

  /** Takes over what a plan has come to; `changed` is told from now on when somebody leaves or comes back. */
  adopt(settings: RosterSettings, members: RosterMembers, shown: Shown, changed: (shown: Shown) => void): void {
    const now = this.clock.now()
    const age = this.settings === null ? Number.NEGATIVE_INFINITY : now
    for (const endpoint of members.endpoints.values()) if (!this.since.has(endpoint)) this.since.set(endpoint, age)
    for (const endpoint of [...this.since.keys()]) {
      if (members.endpoints.get(endpoint.address) !== endpoint) this.since.delete(endpoint)
    }
    this.settings = settings
    this.members = members
    this.changed = changed
    for (const ofThem of [this.unhealthy, this.confirmed]) {
      for (const endpoint of ofThem.keys()) if (!this.since.has(endpoint)) ofThem.delete(endpoint)
    }
    for (const endpoint of members.endpoints.values()) this.examine(endpoint, settings)
    this.terminating.clear()
    this.labels.clear()
    for (const { address, terminating, labels } of members.specs) {
      const endpoint = members.endpoints.get(address) as Endpoint
      if (terminating === true) this.terminating.add(endpoint)
      if (labels !== undefined && members.subsets.length > 0) this.labels.set(endpoint, labels)
    }
    if (settings.ejection === null) this.judge = null
    else if (this.judge === null) this.judge = this.makeJudge(settings.ejection)
    else this.judge.options = settings.ejection
    this.timed = settings.ejection !== null && settings.ejection.latencyFactor !== null
    // Nobody can take the place of an endpoint but those that are asked at all.
    const asked = members.specs.filter(({ weight }) => weight > 0)
    this.judge?.retain(asked.map(({ address }) => members.endpoints.get(address) as Endpoint))
    this.take(shown)
  }

  private makeJudge(ejection: EjectionOptions): EjectionJudge {
    return new EjectionJudge(ejection, this.clock, this.relieved, (endpoint) => !this.unhealthy.has(endpoint))
  }

  record(endpoint: Endpoint, outcome: Outcome, status: number, latencyMs: number, now: number): void {
    const ejection = this.judge?.record(endpoint, outcome, status, latencyMs, now) ?? null
    if (ejection === null) return
    const { ejections } = this.counters
    ejections.set(ejection.reason, (ejections.get(ejection.reason) ?? 0) + 1)
    const health = this.settings?.health ?? null
    if (health !== null && isUnreachable(ejection)) this.confirmed.set(endpoint, now + health.confirmedAfter)
    const size = this.members.specs.length
    const pause = size < MANY ? 0 : this.drawnAt + size * PAUSE_PER_ENDPOINT - now
    if (pause <= 0) this.refresh()
    else if (this.deadline === 0 || this.deadline > now + pause) this.deadlines.arm(this, pause)
  }

  probed(addresses: Iterable<string>): void {
    const { settings, members } = this
    if (settings === null) return
    let news = false
    for (const address of addresses) {
      const endpoint = members.endpoints.get(address)
      if (endpoint !== undefined && this.examine(endpoint, settings)) news = true
    }
    if (news) this.refresh()
  }

  /** What active checks say of an endpoint now; whether that changes anything. */
  private examine(endpoint: Endpoint, settings: RosterSettings): boolean {
    const state = this.healthOf(settings, endpoint.address)
    const was = !this.unhealthy.has(endpoint)
    const up = state === null || state.up
    if (!up) this.unhealthy.add(endpoint)
    else if (this.unhealthy.delete(endpoint)) this.since.set(endpoint, this.clock.now())
    return (state?.steady === true && this.forgive(endpoint)) || was !== up
  }

  private healthOf({ health }: RosterSettings, address: string): HealthState | null {
    return health === null ? null : (this.known(health.check, address) ?? health.initial)
  }

  /** Good probes in a row: an ejection for not being reachable is over. */
  private forgive(endpoint: Endpoint): boolean {
    this.confirmed.delete(endpoint)
    if (this.judge?.forgive(endpoint) !== true) return false
    this.since.set(endpoint, this.clock.now())
    return true
  }

  candidates(subset: Subset | null): ReadonlySet<Endpoint> {
    if (this.settings === null) return new Set()
    const shown = this.preview(this.settings, this.members)
    const { candidates } = shown[subset === null ? 0 : this.members.subsets.indexOf(subset) + 1] as Availability
    return new Set(candidates.map(({ endpoint }) => endpoint))
  }

  spare(tried: readonly Endpoint[], subset: Subset | null): Endpoint | null {
    if (this.settings === null) return null
    let best: Standing | null = null
    for (const [i, standing] of this.standings(this.settings, this.members).entries()) {
      const { endpoint, weight, out, terminating } = standing
      if (weight === 0 || out !== null || terminating || tried.includes(endpoint)) continue
      if (subset !== null && !hasLabels(this.members.specs[i]?.labels, subset.labels)) continue
      if (best === null || isBetter(standing, best)) best = standing
    }
    return best?.endpoint ?? null
  }

  stateOf(endpoint: Endpoint): EndpointStanding {
    if (this.terminating.has(endpoint)) return TERMINATING
    const health = this.settings === null ? null : this.healthOf(this.settings, endpoint.address)
    if (health?.up === false) return { up: false, health: 'unhealthy', reason: health.reason, until: null }
    const ejection = this.judge?.ejectionOf(endpoint) ?? null
    if (ejection === null) return { up: true, health: 'up', reason: '', until: null }
    const until = this.clock.wall() + (ejection.until - this.clock.now())
    return { up: false, health: 'ejected', reason: ejection.reason, until }
  }

  private refresh(): void {
    if (this.settings === null) return
    const now = this.preview(this.settings, this.members)
    this.take(now)
    this.changed(now)
  }

  keeps(endpoint: Endpoint, subset: Subset | null): boolean {
    if (subset === null ? this.ignoring : subset.few) return true
    if (this.unhealthy.has(endpoint) || (this.judge?.ejectionOf(endpoint) ?? null) !== null) return false
    if (subset !== null && !hasLabels(this.labels.get(endpoint), subset.labels)) return false
    // What is being taken away is for when nothing else is left.
    return !this.terminating.has(endpoint) || this.pickable(subset).some((each) => each.endpoint === endpoint)
  }

  pickable(subset: Subset | null): Candidates {
    return this.shown[subset === null ? 0 : this.members.subsets.indexOf(subset) + 1]?.candidates ?? NOBODY
  }

  private take(shown: Shown): void {
    const [{ panic, usable }, ...ofSubsets] = shown
    this.drawnAt = this.clock.now()
    this.shown = shown
    this.ignoring = panic
    this.usable = usable
    for (const [i, subset] of this.members.subsets.entries()) {
      subset.few = ofSubsets[i]?.panic === true
      subset.healthy = ofSubsets[i]?.usable === true
    }
    this.watch(shown.some(({ ramping }) => ramping))
  }

  override onDeadline(now: number): void {
    for (const endpoint of this.judge?.release(now) ?? []) this.since.set(endpoint, now)
    for (const [endpoint, at] of this.confirmed) {
      if (at > now) continue
      this.confirmed.delete(endpoint)
      const health = this.settings === null ? null : this.healthOf(this.settings, endpoint.address)
      if (health?.steady === true) this.forgive(endpoint)
    }
    this.refresh()
  }

  /** The next time that something changes by itself. */
  private watch(ramping: boolean): void {
    let at = ramping ? this.clock.now() + RAMP_EVERY : Number.POSITIVE_INFINITY
    for (const endpoint of this.members.endpoints.values()) {
      const until = this.judge?.ejectionOf(endpoint)?.until ?? at
      if (until < at) at = until
    }
    for (const when of this.confirmed.values()) if (when < at) at = when
    this.deadlines.armOrDisarm(this, at === Number.POSITIVE_INFINITY ? 0 : Math.max(at - this.clock.now(), 1))
  }
}
