// Addresses that objects ask for and that cannot be listened on: tried again now and then, by themselves.

import { createServer } from 'node:net'
import type { LogFunction } from '../telemetry/log.ts'
import { ownListen } from './own-listen.ts'
import type { After } from './pace.ts'

const AGAIN_MS = 30_000
/** At once. */
const MOST_TRIED = 256

export interface UnusableAddressesSettings {
  readonly after: After
  readonly log: LogFunction
  /** Some of them may be listened on now. */
  readonly changed: () => void
  /** Resolves when an address can be listened on, rejects when it cannot. */
  readonly probe?: (bind: string) => Promise<void>
}

export class UnusableAddresses {
  readonly #settings: UnusableAddressesSettings
  #known: ReadonlyMap<string, string> = new Map()
  #cancel: (() => void) | null = null

  constructor(settings: UnusableAddressesSettings) {
    this.#settings = settings
  }

  /** Why, by address. Another map where something changed. */
  get all(): ReadonlyMap<string, string> {
    return this.#known
  }

  /** Tries these. Resolves with whether one of them is unusable: all that are stand in `all` then. */
  async amongst(binds: ReadonlySet<string>): Promise<boolean> {
    const tried = [...binds]
    const outcomes = await this.#probe(tried)
    for (const [i, outcome] of outcomes.entries())
      if (outcome.status === 'rejected') this.add(tried[i] as string, (outcome.reason as Error).message)
    return outcomes.some(({ status }) => status === 'rejected')
  }

  add(bind: string, reason: string): void {
    if (!this.#known.has(bind))
      this.#settings.log('warn', 'an address that objects ask for cannot be listened on; it is tried again every 30 s', {
        bind,
        reason,
      })
    this.#known = new Map(this.#known).set(bind, reason)
    this.#plan()
  }

  /** Everything may be different now. */
  clear(): void {
    if (this.#known.size > 0) this.#known = new Map()
    this.stop()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = null
  }

  #plan(): void {
    this.#cancel ??= this.#settings.after(AGAIN_MS, () => void this.#again())
  }

  async #again(): Promise<void> {
    const { log, changed } = this.#settings
    this.#cancel = null
    const tried = [...this.#known.keys()].slice(0, MOST_TRIED)
    const outcomes = await this.#probe(tried)
    const usable = tried.filter((_, i) => outcomes[i]?.status === 'fulfilled')
    for (const bind of usable) log('info', 'an address can be listened on now', { bind })
    if (usable.length > 0 || this.#known.size > MOST_TRIED) {
      // The others are first the next time.
      const inTurn = [...this.#known].slice(MOST_TRIED).concat([...this.#known].slice(0, MOST_TRIED))
      this.#known = new Map(inTurn.filter(([bind]) => !usable.includes(bind)))
    }
    if (usable.length > 0) changed()
    if (this.#known.size > 0) this.#plan()
  }

  #probe(binds: readonly string[]): Promise<PromiseSettledResult<void>[]> {
    const { probe = listenOnce } = this.#settings
    return Promise.allSettled(binds.map(probe))
  }
}

async function listenOnce(bind: string): Promise<void> {
  const server = createServer((socket) => socket.on('error', () => {}).destroy())
  await ownListen(server, bind)
  await new Promise<void>((resolve) => server.close(() => resolve()))
}
