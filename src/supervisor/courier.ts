// A short-lived process that makes servers of listening sockets which came into being after the workers: a numeric descriptor
// can only be inherited, a server can be sent. The supervisor keeps its hold on the socket, which sending it would take away.

import type { ChildProcess } from 'node:child_process'
import { createServer, type Server } from 'node:net'
import { BindError, codeOf } from './bind-address.ts'
import { FIRST_SOCKET_FD } from './messages.ts'
import { BACKLOG } from './own-listen.ts'
import { forkProgram, type Program } from './worker-process.ts'

/** How long the supervisor waits for one server; starting the process takes 30-50 ms. */
const TIMEOUT_MS = 5000

interface Taken {
  readonly code?: string
}

/** The courier's side: sends the server of the descriptor that it is asked for and closes its own copy in the same turn. */
export function runCourier(): void {
  process.on('message', (index: number) => {
    const server = createServer()
    server.on('error', (error) => process.send?.({ code: codeOf(error) } satisfies Taken))
    server.listen({ fd: FIRST_SOCKET_FD + index }, BACKLOG)
    if (!server.listening) return
    process.send?.({} satisfies Taken, server)
    server.close()
  })
  process.on('disconnect', () => process.exit(0))
}

/** The supervisor's side. */
export class Courier {
  readonly #child: ChildProcess

  constructor(program: Program, fds: readonly number[]) {
    this.#child = forkProgram(program, 'courier', fds)
  }

  /**
   * Calls `pass` with the server of descriptor number `index`, in the turn in which it arrives: it accepts from then on, so
   * that it has to be passed on and closed before anything else happens.
   */
  take(index: number, bind: string, pass: (server: Server) => void): Promise<void> {
    const child = this.#child
    return new Promise((resolve, reject) => {
      const settle = (done: () => void) => {
        clearTimeout(timer)
        child.off('message', arrived).off('exit', ended).off('error', ended)
        done()
      }
      const arrived = (message: unknown, server: unknown) => {
        const { code } = message as Taken
        settle(() => {
          if (code !== undefined) return reject(new BindError(bind, code))
          pass(server as Server)
          resolve()
        })
      }
      const ended = () => settle(() => reject(new Error(`the process that hands over the socket of ${bind} ended`)))
      const timer = setTimeout(ended, TIMEOUT_MS)
      child.on('message', arrived).on('exit', ended).on('error', ended)
      child.send(index)
    })
  }

  end(): void {
    if (this.#child.connected) this.#child.disconnect()
    else this.#child.kill('SIGKILL')
  }
}
