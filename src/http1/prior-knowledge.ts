// A client that speaks HTTP/2 on the port of HTTP/1.1 (RFC 9113 section 3.3): its first bytes are a request line that no HTTP/1.1 has.

import type { Socket } from 'node:net'

const PREFACE = 'PRI * HTTP/2.0'

/** Whether `bytes`, which are not HTTP/1.1, begin as the preface of HTTP/2 does. What follows of it HTTP/2 looks at itself. */
export function isPreface(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, PREFACE.length) === PREFACE
}

/** Makes a socket what it was when it was accepted: paused, `bytes` unread, nobody listens. */
export function giveBack(socket: Socket, bytes: Buffer): void {
  for (const event of ['data', 'drain', 'end', 'error', 'close']) socket.removeAllListeners(event)
  socket.pause()
  socket.unshift(bytes)
}
