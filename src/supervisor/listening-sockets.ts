// The supervisor's hold on every listening socket. It binds and never accepts; its hold keeps the sockets and what waits in
// their queues alive when workers end.
//
// Each worker has its own socket on a shared port (SO_REUSEPORT): the kernel spreads new connections evenly, and what waits for
// a worker that was killed waits for its replacement. Where ports cannot be shared that way (unix sockets, other systems) all
// workers accept from one.

import net from 'node:net'
import { BindError, codeOf, formatAddress, resolveBind } from './bind-address.ts'

/** Whether this Node can hold a socket without accepting on it (26.4 and later). */
export function canHoldSockets(): boolean {
  // A default import: older versions have no such export to link against.
  return typeof net.BoundSocket === 'function' && 'isPipe' in net.BoundSocket.prototype
}

/** The sockets of one bind address. */
export class HeldAddress {
  readonly bind: string
  /** With the real port. */
  readonly address: string
  readonly #sockets: readonly net.BoundSocket[]

  constructor(bind: string, address: string, sockets: readonly net.BoundSocket[]) {
    this.bind = bind
    this.address = address
    this.#sockets = sockets
  }

  /** The descriptor that the worker in this slot inherits. */
  fd(slot: number): number {
    return (this.#sockets[slot % this.#sockets.length] as net.BoundSocket).fd()
  }

  /** Each slot has a socket of its own. */
  get split(): boolean {
    return this.#sockets.length > 1
  }

  close(): void {
    for (const socket of this.#sockets) socket.close()
  }
}

/** Held addresses by bind. Changes are made in two steps: `reserve`, then `keep` or `release`. */
export class ListeningSockets {
  readonly #slots: number
  readonly #held = new Map<string, HeldAddress>()

  constructor(slots: number) {
    this.#slots = slots
  }

  /** In a stable order, which is the order of the descriptors that a new worker inherits. */
  all(): HeldAddress[] {
    return [...this.#held.values()]
  }

  /** Binds those that are not held yet and returns them, not yet held. Throws a BindError after closing what it bound. */
  async reserve(binds: readonly string[]): Promise<HeldAddress[]> {
    const added: HeldAddress[] = []
    try {
      for (const bind of new Set(binds)) if (!this.#held.has(bind)) added.push(await hold(bind, this.#slots))
      return added
    } catch (error) {
      this.release(added)
      throw error
    }
  }

  /** From now on exactly `binds` are held; the others are closed. */
  keep(added: readonly HeldAddress[], binds: readonly string[]): void {
    for (const held of added) this.#held.set(held.bind, held)
    for (const held of this.all()) {
      if (binds.includes(held.bind)) continue
      this.#held.delete(held.bind)
      held.close()
    }
  }

  release(added: readonly HeldAddress[]): void {
    for (const held of added) held.close()
  }

  close(): void {
    this.keep([], [])
  }
}

async function hold(bind: string, slots: number): Promise<HeldAddress> {
  const where = await resolveBind(bind)
  const sockets: net.BoundSocket[] = []
  try {
    if ('path' in where) {
      sockets.push(new net.BoundSocket(where as object))
      return new HeldAddress(bind, bind, sockets)
    }
    // A shared port would hide that somebody else has it: ask for it alone first.
    if (where.port !== 0) new net.BoundSocket(where).close()
    const first = shared(where)
    sockets.push(first.socket)
    const address = first.socket.address()
    if (first.reusePort) {
      for (let i = 1; i < slots; i++) sockets.push(shared({ host: where.host, port: address.port }).socket)
    }
    return new HeldAddress(bind, formatAddress(address), sockets)
  } catch (error) {
    for (const socket of sockets) socket.close()
    throw error instanceof BindError ? error : new BindError(bind, codeOf(error))
  }
}

function shared(where: { host: string; port: number }): { socket: net.BoundSocket; reusePort: boolean } {
  try {
    return { socket: new net.BoundSocket({ ...where, reusePort: true }), reusePort: true }
  } catch (error) {
    if (codeOf(error) !== 'ENOTSUP') throw error
    return { socket: new net.BoundSocket(where), reusePort: false }
  }
}
