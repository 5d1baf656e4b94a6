// Those who watch: server-sent events, a bounded number of connections, and never more than one message that waits for each. Who is too
// slow for every message misses some and is then told everything anew; who takes nothing is left.

import type { ServerResponse } from 'node:http'
import type { Clock } from '../../model/clock.ts'
import type { LogFunction } from '../../telemetry/log.ts'
import { HEADERS } from '../answer.ts'
import type { AdminState } from '../state.ts'
import { LiveFeed } from './feed.ts'
import type { LiveTick } from './messages.ts'

export interface AudienceLimits {
  readonly watchers: number
  /** Milliseconds in which a message has to be taken. */
  readonly slowMs: number
}

export interface AudienceSettings {
  readonly state: AdminState
  readonly readOnly: boolean
  readonly clock: Clock
  readonly log: LogFunction
  readonly limits: AudienceLimits
}

interface Watcher {
  readonly response: ServerResponse
  /** Has to be told everything. */
  behind: boolean
  /** When it was last seen to have taken all (monotonic ms). */
  freeAt: number
}

export class Audience {
  readonly #settings: AudienceSettings
  readonly #feed: LiveFeed
  readonly #watchers = new Set<Watcher>()
  #closed = false

  constructor(settings: AudienceSettings) {
    this.#settings = settings
    const { state, readOnly, clock, log } = settings
    this.#feed = new LiveFeed({
      state,
      readOnly,
      clock,
      tick: (message) => this.#tell(message),
      failed: (error) => log('warn', 'the dashboard could not look at the gateway', { reason: error.message }),
    })
  }

  get full(): boolean {
    return this.#closed || this.#watchers.size >= this.#settings.limits.watchers
  }

  /** Streams to this client until it goes. Not called when it is `full`. */
  join(response: ServerResponse): void {
    // It may have gone while it was asked who it is.
    if (response.req.socket.destroyed) return
    const watcher: Watcher = { response, behind: true, freeAt: this.#settings.clock.now() }
    this.#watchers.add(watcher)
    response.on('error', () => {})
    response.once('close', () => this.#left(watcher))
    response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
    response.write('retry: 2000\n\n')
    void this.#feed.start().then(() => this.#catchUp(watcher, () => message('start', this.#feed.everything())))
  }

  /** Ends all streams. */
  close(): void {
    this.#closed = true
    for (const { response } of this.#watchers) response.end()
    this.#feed.stop()
  }

  #left(watcher: Watcher): void {
    this.#watchers.delete(watcher)
    if (this.#watchers.size === 0) this.#feed.stop()
  }

  #tell(tick: LiveTick): void {
    const changes = message('tick', tick)
    let start: Buffer | null = null
    // The same bytes for all: what waits for slow ones is kept once.
    const everything = (): Buffer => {
      start ??= message('start', this.#feed.everything())
      return start
    }
    const { clock, limits } = this.#settings
    for (const watcher of this.#watchers) {
      const now = clock.now()
      if (watcher.response.writableLength > 0) {
        watcher.behind = true
        if (now - watcher.freeAt > limits.slowMs) watcher.response.destroy()
        continue
      }
      watcher.freeAt = now
      if (watcher.behind) this.#catchUp(watcher, everything)
      else watcher.response.write(changes)
    }
  }

  #catchUp(watcher: Watcher, everything: () => Buffer): void {
    if (!this.#watchers.has(watcher) || !watcher.behind) return
    watcher.behind = false
    watcher.response.write(everything())
  }
}

function message(event: 'start' | 'tick', data: object): Buffer {
  return Buffer.from(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
}
