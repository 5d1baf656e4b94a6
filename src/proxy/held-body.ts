// What is kept of request bodies: until there is somebody to send it to, and for another try.

import { buffers } from '../model/buffers.ts'
import type { Exchange } from '../model/exchange.ts'
import type { RouteBinding } from '../model/snapshot.ts'

/** Bytes of a request body that wait until there is somebody to send them to. */
const MAX_HELD = 64 * 1024

/** What came with the head. */
export function countHeld(x: Exchange): void {
  buffers.used += x.heldBytes
  x.buffered = x.heldBytes
}

/** The exchange is over. */
export function forgetHeld(x: Exchange): void {
  buffers.used -= x.buffered
  x.buffered = 0
}

/** Keeps `bytes`, unless they are on their way and too much, or too much for this process: then there is no second try. */
export function hold(x: Exchange, bytes: Buffer): void {
  const sending = x.connection !== null
  if (sending && (x.heldBytes + bytes.length > (x.binding as RouteBinding).retry.bodyBytes || buffers.spent)) {
    x.held = null
    x.heldBytes = 0
    x.unrepeatable = true
    forgetHeld(x)
    return
  }
  x.held ??= []
  x.held.push(bytes)
  x.heldBytes += bytes.length
  x.buffered += bytes.length
  buffers.used += bytes.length
}

/** No more is to be read of a body that nobody takes yet. */
export function holdsEnough(x: Exchange): boolean {
  return x.heldBytes >= MAX_HELD || buffers.spent
}
