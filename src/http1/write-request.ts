// A request on its way to an endpoint: head and what is there of the body in one write where possible, the rest as it comes.

import type { Socket } from 'node:net'
import type { Exchange } from '../model/exchange.ts'
import { BODY } from '../model/message.ts'
import { requestHead } from './serialize.ts'
import { fits, writeTogether } from './write-message.ts'

/** Trailers of a request end here: no field says whether an endpoint wants them (RFC 9110 6.5.1). */
const LAST_CHUNK = '0\r\n\r\n'

/** Writes the head and `x.held`; with the end of the body when that is known. */
export function sendRequest(socket: Socket, x: Exchange, fields: string, host: string): void {
  const head = requestHead(x, fields, host)
  const { held } = x
  if (held === null || held.length === 0) {
    socket.write(x.bodyDone && x.body === BODY.STREAM ? head + LAST_CHUNK : head, 'latin1')
    return
  }
  const first = held[0] as Buffer
  const chunked = x.body === BODY.STREAM
  if (held.length === 1 && fits(head, first.length)) {
    const prefix = chunked ? `${head}${first.length.toString(16)}\r\n` : head
    const suffix = chunked ? `\r\n${x.bodyDone ? LAST_CHUNK : ''}` : ''
    writeTogether(socket, prefix, first, 0, first.length, suffix)
    return
  }
  socket.cork()
  socket.write(head, 'latin1')
  for (const piece of held) writeBody(socket, x, piece)
  if (x.bodyDone) writeBodyEnd(socket, x)
  socket.uncork()
}

/** false = the socket has enough for now. */
export function writeBody(socket: Socket, x: Exchange, bytes: Buffer): boolean {
  if (x.body === BODY.STREAM) {
    const size = `${bytes.length.toString(16)}\r\n`
    if (fits(size, bytes.length) && socket.writableLength === 0) writeTogether(socket, size, bytes, 0, bytes.length, '\r\n')
    else {
      socket.cork()
      socket.write(size, 'latin1')
      socket.write(bytes)
      socket.write('\r\n', 'latin1')
      socket.uncork()
    }
    return !socket.writableNeedDrain
  }
  return socket.write(bytes)
}

export function writeBodyEnd(socket: Socket, x: Exchange): void {
  if (x.body === BODY.STREAM) socket.write(LAST_CHUNK, 'latin1')
}
