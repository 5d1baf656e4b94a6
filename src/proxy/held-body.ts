// What is kept of request bodies: until there is somebody to send it to, and for another try.

import { buffers } from '../model/buffers.ts'
import type { Exchange } from '../model/exchange.ts'
import { BODY } from '../model/message.ts'
import type { RouteBinding } from '../model/snapshot.ts'
import type { Upstream } from '../model/upstream.ts'

/** Bytes of a request body that wait until there is somebody to send them to. */
const MAX_HELD = 64 * 1024
/** Up to here pieces are put together. */
const SMALL = 1024

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
  keep(x, bytes)
  x.heldBytes += bytes.length
  x.buffered += bytes.length
  buffers.used += bytes.length
}

/** More of the body is waited for. */
export function gather(x: Exchange): void {
  x.gathering = true

  const first = x.held?.[0]
  // Out of the buffer that was read into: few bytes must not keep a page of memory.
  if (first !== undefined && x.held !== null && first.length <= SMALL) x.held[0] = Buffer.from(first)
}

function keep(x: Exchange, bytes: Buffer): void {
  x.held ??= []
  const last = x.held.length - 1
  const before = x.held[last]
  // A client that sends a few bytes at a time does not fill the memory with pieces.
  if (before !== undefined && before.length + bytes.length <= SMALL) x.held[last] = Buffer.concat([before, bytes])
  else x.held.push(bytes)
}

/** No more is to be read of a body that nobody takes yet. */
export function holdsEnough(x: Exchange): boolean {
  return x.heldBytes >= MAX_HELD || buffers.spent
}

/**
 * Where places at the upstream are few, a request whose body has a length takes none before all of it is there, or as much as is kept:
 * clients that send slowly keep nobody else waiting. A body without a length may be a conversation: it is passed on as it comes.
 */
export function gathers(x: Exchange, upstream: Upstream): boolean {
  return upstream.scarce && x.body === BODY.LENGTH && !holdsEnough(x)
}
