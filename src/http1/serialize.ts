// Canonical HTTP/1.1 heads (RFC 9112): generated, never copied. One space, CRLF, one Host, one framing field.

import type { Exchange } from '../model/exchange.ts'
import { BODY, type ResponseHead } from '../model/message.ts'
import { STATUS_PHRASES } from './status-phrases.ts'
import { upgradeLines } from './switch-protocols.ts'

/** The head of the request that goes to an endpoint; `fields` are those of the attempt, `host` is the Host to send. */
export function requestHead(x: Exchange, fields: string, host: string): string {
  if (x.upgrade !== '')
    return `${x.method} ${x.path}${x.query} HTTP/1.1\r\nHost: ${host}\r\n${fields}${upgradeLines(x.upgrade)}\r\n`
  const te = x.trailersAccepted ? 'te: trailers\r\nconnection: te\r\n' : ''
  const coding = x.body === BODY.STREAM ? 'transfer-encoding: chunked\r\n' : ''
  return `${x.method} ${x.path}${x.query} HTTP/1.1\r\nHost: ${host}\r\n${fields}${te}${coding}\r\n`
}

const STATUS_LINES: string[] = []
for (const [status, phrase] of Object.entries(STATUS_PHRASES)) STATUS_LINES[Number(status)] = `HTTP/1.1 ${status} ${phrase}\r\n`

export function statusLine(status: number, phrase: string): string {
  if (phrase === '') return STATUS_LINES[status] ?? `HTTP/1.1 ${status} \r\n`
  return `HTTP/1.1 ${status} ${phrase}\r\n`
}

/** `Connection` as the client must see it: nothing is said where the default holds. */
export function connectionLine(close: boolean, http10: boolean): string {
  if (close) return 'connection: close\r\n'
  return http10 ? 'connection: keep-alive\r\n' : ''
}

/**
 * The head of a response to the client. `chunked`: the body is sent in the chunked coding; otherwise Content-Length stands in
 * `head.fields`, or there is no body, or it ends with the connection. `date`: a Date line for a response that has none.
 */
export function responseHead(head: ResponseHead, close: boolean, http10: boolean, chunked: boolean, date: string): string {
  const coding = chunked ? 'transfer-encoding: chunked\r\n' : ''
  return `${statusLine(head.status, head.phrase)}${head.fields}${date}${connectionLine(close, http10)}${coding}\r\n`
}
