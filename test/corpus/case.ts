// What a case of the corpus is: bytes, and what must come of them. Plain data; `judge.ts` holds a run against it.

import type { Script } from './origin.ts'

export const H = 'Host: a\r\n'
export const G = `GET / HTTP/1.1\r\n${H}`
export const P = `POST / HTTP/1.1\r\n${H}`
export const T = 'Transfer-Encoding: chunked\r\n'
export const C5 = 'Content-Length: 5\r\n'
export const z = '0\r\n\r\n'

/** A GET with one more field line (or several). */
export const get = (lines: string): string => `${G}${lines}\r\n\r\n`
/** A request line with the usual Host. */
export const line = (text: string): string => `${text}\r\n${H}\r\n`
/** A chunked POST with this body. */
export const chunked = (body: string): string => `${P}${T}\r\n${body}`

/** A request that the origin must have received, and nothing else about it than what is named here. */
export interface Wanted {
  /** GET when absent. */
  readonly method?: string
  /** `/` when absent. */
  readonly target?: string
  /** `a` when absent, null for any. */
  readonly host?: string | null
  /** Exact values, by lower-case name. */
  readonly has?: Readonly<Record<string, string>>
  /** Lower-case names that must not be there. */
  readonly hasNot?: readonly string[]
  /** Text that must not stand anywhere in the head or the trailers. */
  readonly without?: string
  /** Decoded; empty when absent. */
  readonly body?: string
  /** Name of the origin; `main` when absent, null when the gateway answers by itself. */
  readonly origin?: string | null
  /** The response that the client gets to it; 200 when absent. */
  readonly status?: number
}

/** Refused: one of these statuses after `answered` good exchanges, `Connection: close`, the end; nothing of it at any origin. */
export interface Refused {
  readonly kind: 'refused'
  readonly status: readonly number[]
  readonly answered: readonly Wanted[]
  /** Closing without an answer will do too. */
  readonly silent: boolean
}

/** Forwarded, in the normal form; `closes` when given says whether the connection must end after the last answer. */
export interface Forwarded {
  readonly kind: 'forwarded'
  readonly requests: readonly Wanted[]
  readonly closes?: boolean
}

/** Found out late: the origin never sees the whole request, its connection is destroyed, the client gets the status and the end. */
export interface Aborted {
  readonly kind: 'aborted'
  readonly status: readonly number[]
  readonly silent: boolean
}

/** Answered by the gateway itself, nothing at any origin; the connection may stay. */
export interface Local {
  readonly kind: 'local'
  readonly status: readonly number[]
  readonly has: readonly string[]
}

/**
 * Answered by the origin before the request was complete: the client gets that, nothing else of the client's bytes is taken for a
 * request, and the origin's connection, which waits for the rest, is destroyed.
 */
export interface Early {
  readonly kind: 'early'
  readonly status: readonly number[]
}

export type Expect = Refused | Forwarded | Aborted | Local | Early

export const R = (...status: number[]): Refused => ({ kind: 'refused', status, answered: [], silent: false })
export const F = (...requests: Wanted[]): Forwarded => ({ kind: 'forwarded', requests })
export const A = (...status: number[]): Aborted => ({
  kind: 'aborted',
  status: status.length === 0 ? [400] : status,
  silent: false,
})
export const L = (status: number, ...has: string[]): Local => ({ kind: 'local', status: [status], has })

/** Done after the bytes: wait for something, then send. */
export interface Step {
  /** `interim`: a 1xx; `response`: a complete response; `origin`: a head at the origin; a number: milliseconds. */
  readonly wait: 'interim' | 'response' | 'origin' | number
  readonly send?: string
  readonly fin?: boolean
}

export interface CorpusCase {
  /** As in the corpus, with a suffix where one id is several cases. */
  readonly id: string
  readonly name: string
  /** latin1: one character, one byte. */
  readonly bytes: string
  readonly steps?: readonly Step[]
  readonly origin?: Script
  /** One expectation, or several of which one must hold. */
  readonly expect: Expect | readonly Expect[]
  /** Methods of the requests where a response has no body because of it (HEAD). */
  readonly methods?: readonly string[]
  /** Interim statuses that the client must get, in order; not compared when absent. */
  readonly interim?: readonly number[]
  /** Fields that the last response must (value) or must not (null) have. */
  readonly response?: Readonly<Record<string, string | null>>
}

/** One case for each item. */
export const each = <Item>(items: readonly Item[], make: (item: Item, at: number) => CorpusCase): CorpusCase[] =>
  items.map(make)

/** How bytes are shown in names. */
export const show = (bytes: string): string => {
  const text = JSON.stringify(bytes).slice(1, -1)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
