// The listening sockets that a worker was given: descriptors at its birth, or servers over the channel during a reload.

import type { Server, Socket } from 'node:net'
import { handTo } from './hand-to.ts'
import { FIRST_SOCKET_FD } from './messages.ts'
import { BACKLOG, listening } from './own-listen.ts'

export class InheritedSockets {
  readonly #descriptors = new Map<string, number>()
  readonly #given = new Map<string, GivenServer>()
  readonly #owners = new Map<string, Server>()

  /** `binds` in the order of the descriptors. */
  constructor(binds: readonly string[]) {
    binds.forEach((bind, i) => {
      this.#descriptors.set(bind, FIRST_SOCKET_FD + i)
    })
  }

  /** A server arrived. It accepts from now on; must be called in the same turn. */
  give(bind: string, server: Server): void {
    this.#given.set(bind, new GivenServer(server))
  }

  /** Closes what was given and not taken: the reload that it was for does not happen. */
  dropGiven(): void {
    for (const given of this.#given.values()) given.drop()
    this.#given.clear()
  }

  /** Who accepts on an address here. */
  ownerOf(bind: string): Server | undefined {
    return this.#owners.get(bind)
  }

  /** A `Listen`. */
  readonly listen = async (server: Server, bind: string): Promise<void> => {
    this.#owners.set(bind, server)
    const given = this.#given.get(bind)
    const fd = this.#descriptors.get(bind)
    if (given !== undefined) {
      this.#given.delete(bind)
      await given.takeOver(server, bind)
    } else if (fd !== undefined) {
      this.#descriptors.delete(bind)
      await listening(server, bind, () => server.listen({ fd }, BACKLOG))
    } else {
      throw new Error(`the supervisor gave no socket for ${bind}`)
    }
  }
}

/** A server from the channel listens at once; what it accepts waits until its owner is known. */
class GivenServer {
  readonly #received: Server
  readonly #waiting: Socket[] = []
  #owner: Server | null = null

  constructor(received: Server) {
    this.#received = received
    received.on('connection', (socket) => {
      if (this.#owner === null) this.#waiting.push(socket)
      else handTo(this.#owner, socket)
    })
  }

  async takeOver(owner: Server, bind: string): Promise<void> {
    this.#owner = owner
    // A TCP socket can be listened on by the owner itself, with its own settings. A unix socket cannot (Node would open its
    // descriptor a second time): there connections are passed on for as long as the owner is open.
    const listens = this.#received.address() !== null
    for (const socket of this.#waiting.splice(0)) handTo(owner, socket)
    if (listens) await listening(owner, bind, () => owner.listen(this.#received, BACKLOG))
    else owner.once('close', () => this.#received.close())
  }

  drop(): void {
    this.#received.close()
    for (const socket of this.#waiting.splice(0)) socket.destroy()
  }
}
