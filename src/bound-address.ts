// One bound address: which listeners share it, and to which of them a name belongs.

import type { Listening } from './listen/listening.ts'
import type { ListenerRef, SharedAddress } from './model/client-connection.ts'
import type { ServedListener } from './model/snapshot.ts'

/** A listener from one configuration to the next. */
export class LiveListener {
  current: ServedListener
  /** No configuration has it any more. */
  retired = false

  constructor(current: ServedListener) {
    this.current = current
  }
}

/** A listener at one of its addresses. */
export class Seat implements ListenerRef {
  readonly live: LiveListener
  private readonly address: BoundAddress

  constructor(live: LiveListener, address: BoundAddress) {
    this.live = live
    this.address = address
  }

  get current(): ServedListener {
    return this.live.current
  }

  get sharing(): SharedAddress | null {
    return this.address.shared ? this.address : null
  }
}

export class BoundAddress implements SharedAddress {
  readonly bind: string
  readonly listening: Listening
  /** Connections that are not served yet. */
  arrivals = 0
  shared = false
  #seats: readonly Seat[] = []
  /** Names, and `.example.org` for wildcards. */
  #byName = new Map<string, Seat>()
  #anyHost: Seat | null = null

  constructor(bind: string, listening: Listening) {
    this.bind = bind
    this.listening = listening
  }

  /** In the order written. */
  get seats(): readonly Seat[] {
    return this.#seats
  }

  /** The one without hosts, else the first: who nobody else wants, and those who do not say. */
  get fallback(): Seat | null {
    return this.#anyHost ?? this.#seats[0] ?? null
  }

  /** These share it from now on, each with its hosts. */
  seat(listeners: readonly { readonly live: LiveListener; readonly hosts: readonly string[] }[]): void {
    const before = new Map(this.#seats.map((seat) => [seat.live, seat]))
    this.#byName = new Map()
    this.#anyHost = null
    this.#seats = listeners.map(({ live, hosts }) => {
      const seat = before.get(live) ?? new Seat(live, this)
      if (hosts.length === 0) this.#anyHost ??= seat
      for (const host of hosts) {
        const key = host.startsWith('*') ? host.slice(1) : host
        if (!this.#byName.has(key)) this.#byName.set(key, seat)
      }
      return seat
    })
    this.shared = this.#seats.length > 1
  }

  /** Whose `hosts` fit a name best: exact, longest wildcard, none at all; null = nobody's do. */
  find(name: string): Seat | null {
    const exact = this.#byName.get(name)
    if (exact !== undefined) return exact
    for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
      const seat = dot === 0 ? undefined : this.#byName.get(name.slice(dot))
      if (seat !== undefined) return seat
    }
    return this.#anyHost
  }

  byHost(host: string): ServedListener | null {
    return this.find(host)?.current ?? null
  }

  /** Open connections of its listeners, with those that are not served yet. */
  get connections(): number {
    let open = this.arrivals
    for (const { current } of this.#seats) open += current.counters.connections
    return open
  }
}
