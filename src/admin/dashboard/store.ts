// What the page knows of the gateway: follows the stream of events, and connects again when it ends.

import type { RequestSample } from '../../model/request-sample.ts'
import type { ErrorCount, LiveStanding, LiveStart, LiveTick, LiveUpstream, Point, Rates, Topology } from '../live/messages.ts'
import { call, token } from './api.ts'
import type { UpstreamView } from './health.ts'
import { Recent } from './recent.ts'
import { readEvents, type StreamEvent } from './stream.ts'

const MOST_POINTS = 300
const MOST_SAMPLES = 200
/** Errors are counted over so many ticks. */
const ERROR_TICKS = 60
const RETRY_MS = [1000, 2000, 5000, 10_000]
/** There is an event each second: after so many of them without one nobody is there any more. */
const SILENCE_MS = 15_000

/** `token`: one is needed; `refused`: connecting makes no sense until something is changed. */
export type Phase = 'connecting' | 'live' | 'lost' | 'token' | 'refused'

export class Store {
  phase: Phase = 'connecting'
  /** What is wrong with the connection; '' = nothing. */
  trouble = ''
  /** How far the gateway's clock is ahead of this one, milliseconds. */
  ahead = 0
  readOnly = false
  standing: LiveStanding | null = null
  topology: Topology = { listeners: [], routes: [] }
  upstreams: ReadonlyMap<string, UpstreamView> = new Map()
  points: readonly Point[] = []
  listeners: Rates = {}
  routes: Rates = {}
  /** Newest first. */
  samples: readonly RequestSample[] = []
  /** Samples are not taken in, because somebody asked for that, or is among them. */
  paused = false
  held = false
  /** Tries, by `upstream address`. */
  readonly tried = new Recent()
  /** Requests, by route. */
  readonly served = new Recent()
  seen = 0
  #errors: (readonly ErrorCount[])[] = []
  #changed: () => void = () => {}
  #stream: AbortController | null = null
  #retries = 0
  #timer = 0

  /** `changed` is called after each change. */
  watch(changed: () => void): () => void {
    this.#changed = changed
    return () => {
      this.#changed = () => {}
    }
  }

  /** Connects now, whatever was before. */
  connect(): void {
    clearTimeout(this.#timer)
    this.#stream?.abort()
    const stream = new AbortController()
    this.#stream = stream
    if (this.phase !== 'lost') this.phase = 'connecting'
    this.#changed()
    this.#follow(stream).then(
      () => this.#ended(stream, 'The gateway ended the connection'),
      (error: Error) => this.#ended(stream, `The gateway cannot be reached (${error.message})`),
    )
  }

  async #follow(stream: AbortController): Promise<void> {
    let alive = 0
    const watch = (): void => {
      clearTimeout(alive)
      alive = window.setTimeout(() => stream.abort(new Error('it says nothing')), SILENCE_MS)
    }
    try {
      watch()
      const response = await call('/events', { signal: stream.signal })
      if (!response.ok) return await this.#refused(response)
      await readEvents(
        response,
        (event) => {
          watch()
          if (this.#stream === stream) this.#told(event)
        },
        stream.signal,
      )
    } finally {
      clearTimeout(alive)
    }
  }

  async #refused(response: Response): Promise<void> {
    const problem = (await response.json().catch(() => ({}))) as { title?: string; detail?: string; code?: string }
    if (response.status === 401) {
      this.trouble = token.get() === null ? '' : 'The gateway does not accept this token.'
      token.forget()
      this.phase = 'token'
    } else if (response.status === 503) {
      throw new Error(problem.title ?? 'it is busy')
    } else {
      this.trouble = `${problem.title ?? response.status}. ${problem.detail ?? ''}`
      this.phase = 'refused'
    }
  }

  #ended(stream: AbortController, trouble: string): void {
    if (this.#stream !== stream) return
    if (this.phase !== 'token' && this.phase !== 'refused') {
      this.phase = 'lost'
      this.trouble = trouble
      const delay = RETRY_MS[Math.min(this.#retries++, RETRY_MS.length - 1)]
      this.#timer = window.setTimeout(() => this.connect(), delay)
    }
    this.#changed()
  }

  #told({ event, data }: StreamEvent): void {
    if (event === 'start') this.#start(JSON.parse(data))
    else if (event === 'tick') this.#tick(JSON.parse(data))
    this.phase = 'live'
    this.trouble = ''
    this.#retries = 0
    this.#changed()
  }

  #start(start: LiveStart): void {
    this.ahead = start.at - Date.now()
    this.readOnly = start.readOnly
    this.standing = start.standing
    this.topology = start.topology
    this.upstreams = new Map(start.upstreams.map((upstream) => [upstream.name, viewOf(upstream)]))
    this.points = joined(this.points, start.points)
    this.listeners = {}
    this.routes = {}
    this.tried.clear()
    this.served.clear()
  }

  #tick(tick: LiveTick): void {
    this.ahead = tick.at - Date.now()
    this.standing = tick.standing ?? this.standing
    this.topology = tick.topology ?? this.topology
    const upstreams = new Map(this.upstreams)
    for (const { endpoints: changed, gone, removed, ...rest } of tick.upstreams) {
      const endpoints = new Map(upstreams.get(rest.name)?.endpoints)
      for (const address of gone) endpoints.delete(address)
      for (const endpoint of changed) endpoints.set(endpoint.address, endpoint)
      if (removed) upstreams.delete(rest.name)
      else upstreams.set(rest.name, { ...rest, endpoints })
    }
    this.upstreams = upstreams
    // Those that are not mentioned do as they did.
    for (const { name, endpoints } of upstreams.values())
      for (const { address, tries, failed, outcome } of endpoints.values())
        this.tried.note(`${name} ${address}`, tries, failed, tick.at, outcome)
    for (const [name, [requests, failed]] of Object.entries(tick.routes)) this.served.note(name, requests, failed, tick.at)
    this.tried.turn(tick.at)
    this.served.turn(tick.at)
    this.points = joined(this.points, [tick.point])
    this.listeners = tick.listeners
    this.routes = tick.routes
    this.#errors = [...this.#errors, tick.errors].slice(-ERROR_TICKS)
    this.seen = tick.requests.seen
    if (!this.paused && !this.held)
      this.samples = [...tick.requests.samples.toReversed(), ...this.samples].slice(0, MOST_SAMPLES)
  }

  /** Of the last minute, the most frequent first. */
  errors(kind: ErrorCount['kind']): ErrorCount[] {
    const counts = new Map<string, number>()
    for (const { kind: of, reason, count } of this.#errors.flat())
      if (of === kind) counts.set(reason, (counts.get(reason) ?? 0) + count)
    return [...counts].map(([reason, count]) => ({ kind, reason, count })).sort((a, b) => b.count - a.count)
  }

  pause(on: boolean): void {
    this.paused = on
    this.#changed()
  }

  hold(on: boolean): void {
    if (this.held === on) return
    this.held = on
    this.#changed()
  }

  /** The token is forgotten, and what was shown with it. */
  leave(): void {
    token.forget()
    this.#stream?.abort()
    this.#stream = null
    clearTimeout(this.#timer)
    this.phase = 'token'
    this.trouble = ''
    this.standing = null
    this.samples = []
    this.#changed()
  }
}

function viewOf({ endpoints, ...rest }: LiveUpstream): UpstreamView {
  return { ...rest, endpoints: new Map(endpoints.map((endpoint) => [endpoint.address, endpoint])) }
}

/** In the order of time, each second once. */
function joined(known: readonly Point[], more: readonly Point[]): readonly Point[] {
  const last = known.at(-1)?.at ?? 0
  return [...known, ...more.filter(({ at }) => at > last)].slice(-MOST_POINTS)
}
