// Looks at the gateway once a second while somebody watches, and says what has changed. Nothing runs while nobody does.

import type { Clock } from '../../model/clock.ts'
import type { AdminState, ReloadFacts } from '../state.ts'
import type { LiveStanding, LiveStart, LiveTick, Point, Reload, Topology } from './messages.ts'
import { topologyOf } from './topology.ts'
import { TrafficMeter } from './traffic.ts'
import { UpstreamChanges } from './upstream-changes.ts'

export const TICK_MS = 1000
/** Looking must not become the gateway's work: it takes at most one part of so many of the time. */
const SHARE = 5
/** In one tick, of the whole gateway. */
const MOST_SAMPLES = 20
const MOST_POINTS = 300
/** Of a refused configuration: a page of them is enough to begin with. */
const MOST_PROBLEMS = 100

export interface FeedSettings {
  readonly state: AdminState
  readonly readOnly: boolean
  readonly clock: Clock
  readonly tick: (message: LiveTick) => void
  /** A look failed; the next one follows. */
  readonly failed: (error: Error) => void
}

export class LiveFeed {
  readonly #settings: FeedSettings
  #timer: NodeJS.Timeout | null = null
  /** Counts starts, so that a look that was under way when all had left ends there. */
  #life = 0
  /** Of which life the first look is over. */
  #first = 0
  /** Resolves when the first look has been taken; null = nobody watches. */
  #started: Promise<void> | null = null
  #traffic: TrafficMeter
  #upstreams = new UpstreamChanges()
  #served = ''
  #topology: Topology = { listeners: [], routes: [] }
  #standing: LiveStanding
  readonly #points: Point[] = []

  constructor(settings: FeedSettings) {
    this.#settings = settings
    this.#traffic = new TrafficMeter(settings.state.series, settings.clock.now())
    this.#standing = this.#look()
  }

  /** Takes the first look; from then on there are ticks. */
  start(): Promise<void> {
    this.#started ??= this.#start()
    return this.#started
  }

  async #start(): Promise<void> {
    this.#traffic = new TrafficMeter(this.#settings.state.series, this.#settings.clock.now())
    this.#upstreams = new UpstreamChanges()
    this.#served = ''
    const life = ++this.#life
    // What was counted before it is nobody's second.
    await this.#observe(life).catch(this.#settings.failed)
    this.#next(life, TICK_MS)
  }

  stop(): void {
    if (this.#started === null) return
    this.#started = null
    this.#life++
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#settings.state.takeSamples(0).catch(() => {})
  }

  /** All that has been told so far. */
  everything(): LiveStart {
    return {
      at: this.#settings.clock.wall(),
      readOnly: this.#settings.readOnly,
      standing: this.#standing,
      topology: this.#topology,
      upstreams: this.#upstreams.all(),
      points: this.#points,
    }
  }

  #next(life: number, delayMs: number): void {
    if (life !== this.#life) return
    this.#timer = setTimeout(() => {
      const { clock, tick, failed } = this.#settings
      const began = clock.now()
      this.#observe(life)
        .then((message) => message !== null && tick(message), failed)
        .finally(() => {
          const took = clock.now() - began
          this.#next(life, Math.max(TICK_MS - took, took * (SHARE - 1), 0))
        })
    }, delayMs)
  }

  /** null = nobody watches any more. */
  async #observe(life: number): Promise<LiveTick | null> {
    const { state, clock } = this.#settings
    const [{ upstreams }, requests] = await Promise.all([state.upstreams(), state.takeSamples(MOST_SAMPLES), state.collect()])
    if (life !== this.#life) {
      state.takeSamples(0).catch(() => {})
      return null
    }
    const at = clock.wall()
    const { tries, ...traffic } = this.#traffic.tick(clock.now(), at)
    if (this.#first === life) {
      this.#points.push(traffic.point)
      if (this.#points.length > MOST_POINTS) this.#points.shift()
    }
    this.#first = life
    return {
      at,
      standing: this.#changedStanding(),
      topology: this.#changedTopology(),
      upstreams: this.#upstreams.next(upstreams, tries),
      ...traffic,
      requests,
    }
  }

  #changedStanding(): LiveStanding | null {
    const standing = this.#look()
    const same = JSON.stringify(standing) === JSON.stringify(this.#standing)
    this.#standing = standing
    return same ? null : standing
  }

  #changedTopology(): Topology | null {
    const served = this.#settings.state.served()
    if (served.key === this.#served) return null
    this.#served = served.key
    this.#topology = topologyOf(served)
    return this.#topology
  }

  #look(): LiveStanding {
    const { state } = this.#settings
    const { revision, source } = state.config()
    const { last, refused } = state.reloads()
    return { ...state.ready(), serving: state.serving(), revision, source, reload: shown(last), refused: shown(refused) }
  }
}

function shown(reload: ReloadFacts | null): Reload | null {
  if (reload === null) return null
  const { result, trigger, at, errors } = reload
  const more = errors.length - MOST_PROBLEMS
  const shown = errors.slice(0, MOST_PROBLEMS).map(({ file, line, column, message }) => ({ file, line, column, message }))
  if (more > 0) shown.push({ file: '', line: 0, column: 0, message: `and ${more} more` })
  return { result, trigger, at, errors: shown }
}
