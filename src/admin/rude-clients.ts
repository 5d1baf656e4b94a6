// Connections whose requests cannot be parsed or do not come: answered once if that is still possible, then closed.

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { rawRefusal } from './answer.ts'

type RawCode = Parameters<typeof rawRefusal>[0]

/** How long a refused client may take to read the answer while what it goes on sending is thrown away. */
const LINGER_MS = 500

/** Never lets an error of a connection become one of the process. */
export function handleRudeClients(server: Server): void {
  const answers = new WeakMap<Duplex, ServerResponse>()
  const refused = new WeakSet<Duplex>()
  const remember = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request
    answers.set(socket, response)
    response.once('close', () => answers.get(socket) === response && answers.delete(socket))
  }
  server.on('request', remember)
  server.on('checkContinue', remember)
  server.on('checkExpectation', remember)
  server.on('connection', (socket: Socket) => socket.on('error', () => socket.destroy()))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (refused.has(socket)) return
    refused.add(socket)
    const answer = answers.get(socket)
    const code = codeOf(error.code)
    if (answer === undefined && error.code !== 'ECONNRESET') refuse(socket, code)
    // A body that is broken or does not come has no answer: what waits for it ends with the connection.
    else if (answer === undefined || !answer.req.complete) socket.destroy()
    // What follows a request is broken: two answers at once would be read as one.
    else answer.once('close', () => refuse(socket, code))
  })
}

function refuse(socket: Duplex, code: RawCode): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  socket.end(rawRefusal(code))
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(timer))
}

function codeOf(code: string | undefined): RawCode {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'header-timeout'
  return code === 'HPE_HEADER_OVERFLOW' || code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW' ? 'header-limit' : 'bad-request'
}
