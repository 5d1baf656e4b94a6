// Requests that follow each other on a connection wait for each other. Node would have all of them answered at once and keep the answers
// until the client has taken those before: a few kilobytes of requests, and as many answers in memory as there are of them.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Passes a request on when the answer before it has left, and never when its connection is gone by then. */
export class OneAtATime {
  readonly #last = new WeakMap<Socket, ServerResponse>()

  pass(request: IncomingMessage, response: ServerResponse, serve: () => void): void {
    const { socket } = request
    const before = this.#last.get(socket)
    this.#last.set(socket, response)
    if (before === undefined || before.closed) serve()
    else before.once('close', () => socket.destroyed || serve())
  }
}
