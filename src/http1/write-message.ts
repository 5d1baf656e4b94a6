// Writing a head and body bytes in one system call: they are put together in one buffer of the process, which is given away when a
// socket could not take all of it at once. TLS never takes anything at once: there each message has its own piece of a pool.

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'

const SIZE = 36 * 1024
let scratch = Buffer.allocUnsafeSlow(SIZE)

/** Bytes around the data that framing may need. */
const MARGIN = 64

/** Largest body piece that fits behind `head`. */
export function fits(head: string, bodyBytes: number): boolean {
  return head.length + bodyBytes + MARGIN <= SIZE
}

/** Whether what is written goes through TLS: then bytes cost less than text. */
export const isSecure = (socket: Socket): boolean => (socket as TLSSocket).encrypted === true

/** Writes latin1. */
export function writeText(socket: Socket, text: string): number {
  // For TLS Node would encode a string into one piece of memory and copy it into another.
  if (isSecure(socket)) {
    const bytes = Buffer.allocUnsafe(text.length)
    bytes.write(text, 'latin1')
    socket.write(bytes)
  } else socket.write(text, 'latin1')
  return text.length
}

/** Writes a copy of `bytes[start, end)`, which must fit. */
export function writeCopy(socket: Socket, bytes: Buffer, start: number, end: number): number {
  if (isSecure(socket)) {
    socket.write(Buffer.from(bytes.subarray(start, end)))
    return end - start
  }
  const length = bytes.copy(scratch, 0, start, end)
  write(socket, length)
  return length
}

/** Writes `prefix` (latin1), `bytes[start, end)` and `suffix` (latin1) as one; they must fit. Returns the number of bytes. */
export function writeTogether(
  socket: Socket,
  prefix: string,
  bytes: Buffer,
  start: number,
  end: number,
  suffix: string,
): number {
  const all = prefix.length + end - start + suffix.length
  const secure = isSecure(socket)
  const into = secure ? Buffer.allocUnsafe(all) : scratch
  let length = into.write(prefix, 'latin1')
  length += bytes.copy(into, length, start, end)
  if (suffix !== '') into.write(suffix, length, 'latin1')
  if (secure) socket.write(into)
  else write(socket, all)
  return all
}

/** The first `length` bytes of the shared buffer. */
function write(socket: Socket, length: number): void {
  socket.write(scratch.subarray(0, length))
  if (socket.writableLength > 0) scratch = Buffer.allocUnsafeSlow(SIZE)
}
