// One form for heads and bodies whatever protocol carried them: connections make it and take it, nobody else needs to know more.
//
// Field lines travel as canonical text: `Name: value CRLF` for each end-to-end field, one space, no folding, no framing or
// hop-by-hop fields but Content-Length. It costs nothing to copy and one scan to read.

import type { ReasonCode } from './reasons.ts'

/** How long a body is. */
export const BODY = {
  NONE: 0,
  /** `length` bytes. */
  LENGTH: 1,
  /** Until its end is signalled (chunked coding, END_STREAM). */
  STREAM: 2,
  /** Until the endpoint closes the connection; responses only. */
  CLOSE: 3,
  /**
   * No body any more but bytes in both directions that nobody looks at: what `101 Switching Protocols` begins, and what a connection
   * without HTTP is. See Exchange.upgrade.
   */
  TUNNEL: 4,
} as const

/** The head of a response. Reused by the connection that fills it: read it during the call, keep nothing of it. */
export interface ResponseHead {
  status: number
  /** '' = the standard phrase. */
  phrase: string
  /** Canonical end-to-end field lines, Content-Length among them. */
  fields: string
  body: number
  /** Bytes when `body` is LENGTH. */
  length: number
  /** There is a Date field. */
  dated: boolean
}

/** A piece of a response body. Reused like ResponseHead. */
export interface Part {
  bytes: Buffer
  start: number
  end: number
  /** The same bytes as latin1 text, when they have been decoded anyway. */
  text: string | null
  /**
   * Nobody writes into `bytes` until the next piece is read, and not at all when `write` left something unwritten (the receiver
   * sets `kept`): it may be written to a socket without a copy.
   */
  owned: boolean
  kept: boolean
}

/** What the gateway says by itself. */
export interface LocalAnswer {
  readonly status: number
  /** Canonical field lines without Content-Length and Connection. */
  readonly fields: string
  readonly body: string
  /** Why it is an error, for metrics and log; absent where the answer is what was asked for (a redirect, a preflight). */
  readonly reason?: ReasonCode
  /** More about it, for those who ask why (`explain`), also where the client is not told. */
  readonly detail?: string
}
