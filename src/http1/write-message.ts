// Writing a head and body bytes in one system call: they are put together in one buffer of the process, which is given away when a
// socket could not take all of it at once.

import type { Socket } from 'node:net'

const SIZE = 36 * 1024
let scratch = Buffer.allocUnsafeSlow(SIZE)

/** Bytes around the data that framing may need. */
const MARGIN = 64

/** Largest body piece that fits behind `head`. */
export function fits(head: string, bodyBytes: number): boolean {
  return head.length + bodyBytes + MARGIN <= SIZE
}

/** Writes a copy of `bytes[start, end)`, which must fit. */
export function writeCopy(socket: Socket, bytes: Buffer, start: number, end: number): number {
  const length = bytes.copy(scratch, 0, start, end)
  socket.write(scratch.subarray(0, length))
  if (socket.writableLength > 0) scratch = Buffer.allocUnsafeSlow(SIZE)
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
  let length = scratch.write(prefix, 0, 'latin1')
  length += bytes.copy(scratch, length, start, end)
  if (suffix !== '') length += scratch.write(suffix, length, 'latin1')
  socket.write(scratch.subarray(0, length))
  if (socket.writableLength > 0) scratch = Buffer.allocUnsafeSlow(SIZE)
  return length
}
