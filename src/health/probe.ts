// The contract of every kind of probe: one question to one place, answered once.

import type { Socket } from 'node:net'
import { failureWords } from '../model/connect-failures.ts'
import { type Destination, dial } from '../model/dial.ts'

/**
 * Asks once, over a connection of its own, and calls `done` with what was wrong ('' = nothing). How long it may take is the
 * caller's business: what is returned gives up and closes everything, whether or not there was an answer.
 */
export type Probe = (done: (failure: string) => void) => () => void

/** A kind of probe, ready for any endpoint. */
export type ProbeOf = (destination: Destination) => Probe

/** Bytes of an answer that are read; one that is longer is as good as one that ends there. */
export const MAX_ANSWER = 64 * 1024

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'name not found',
  EAI_AGAIN: 'name could not be looked up',
  ENOENT: 'no such socket',
  EACCES: 'permission denied',
  UND_ERR_SOCKET: 'connection closed',
  UND_ERR_HEADERS_OVERFLOW: 'answer head too large',
  ERR_HTTP2_ERROR: 'not valid HTTP/2',
  ERR_HTTP2_STREAM_CANCEL: 'connection closed',
}

/** Longest reason that is passed on. */
const MAX_WORDS = 200

/** What went wrong, for people. */
export function failureOf(error: unknown): string {
  const { name, code, message, errors } = Object(error) as Record<'name' | 'code' | 'message' | 'errors', unknown>
  // Several addresses of one name were tried: the first says enough.
  if (Array.isArray(errors) && errors.length > 0) return failureOf(errors[0])
  if (name === 'HTTPParserError') return 'not an HTTP answer'
  const known = typeof code === 'string' ? WORDS[code] : undefined
  if (known !== undefined) return known
  // Of TLS what requests would say too.
  const words = String(code).startsWith('UND_') ? '' : failureWords({ code: text(code), message: text(message) ?? '' })
  return (words === code ? text(message) : words || text(message))?.slice(0, MAX_WORDS) || 'failed'
}

/** A connection as requests have it, on nobody's behalf. */
export function connectTo(destination: Destination, protocols: readonly string[], ready: (socket: Socket) => void): Socket {
  return dial(destination, { tcpKeepAlive: null, client: null, protocols, onread: null, ready })
}

/** What an endpoint is called where nothing else is said. */
export function authorityOf({ place }: Destination): string {
  if ('path' in place) return 'localhost'
  return `${place.host.includes(':') ? `[${place.host}]` : place.host}:${place.port}`
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
