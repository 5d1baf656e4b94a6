// Which part of what was read is decoded to look for a request head in it.

import type { HeadLimits } from './parse-request.ts'

/** Up to here everything read is decoded; beyond only the head is. */
const SMALL = 4096
const HEAD_END = Buffer.from('\r\n\r\n')
const LF = 10

/**
 * The text to parse; '' when there is nothing new to see in `bytes`, of which the first `checked` have been looked at before: a long
 * head that comes in small pieces is looked at line by line, not byte by byte.
 */
export function decodeHead(bytes: Buffer, limits: HeadLimits, checked: number): string {
  if (bytes.length <= SMALL) return bytes.toString('latin1')
  const end = bytes.indexOf(HEAD_END)
  if (end !== -1) return bytes.toString('latin1', 0, end + 4)
  // Nobody needs more than the limits to see that one is passed.
  const most = limits.requestLine + limits.headerBytes + SMALL
  if (checked > SMALL && bytes.length <= most && bytes.indexOf(LF, checked) === -1) return ''
  return bytes.toString('latin1', 0, most)
}
