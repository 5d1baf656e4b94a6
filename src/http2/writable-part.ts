// A piece of a body as something that a stream of node:http2 may keep: it is never written at once.

import type { Part } from '../model/message.ts'

/** Pieces from this size on are given away with the buffer that they are in, where that may be; smaller ones are copied. */
const GIVE_AWAY = 32 * 1024

/** Text is latin1. */
export function writablePart(part: Part): string | Buffer {
  if (part.text !== null) return part.text
  const piece = part.bytes.subarray(part.start, part.end)
  if (!part.owned || piece.length < GIVE_AWAY) return Buffer.from(piece)
  part.kept = true
  return piece
}
