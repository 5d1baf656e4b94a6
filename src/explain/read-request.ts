// The question: from what somebody wrote to an ExplainRequest, and from there to the bytes that a client would send.

import { isIP } from 'node:net'
import type { ExplainRequest } from '../model/explanation.ts'

/** The head of the request as it would arrive, as latin1 text, and what its URL says about where it goes. */
export interface RequestBytes {
  readonly head: string
  /** null where the URL is only a path. */
  readonly scheme: 'http' | 'https' | 'tls' | 'tcp' | null
  /** As written, without port; '' = none. */
  readonly host: string
  /** null where the URL has none. */
  readonly port: number | null
}

/** A line end would begin a line that nobody wrote. */
const LINE_END = /[\r\n]/

/** A request as it is written in JSON (`{method, url, headers}`, and optionally `listener`, `client`, `seed`), or what is wrong. */
export function readExplainRequest(input: unknown): ExplainRequest | string {
  if (input === null || typeof input !== 'object' || Array.isArray(input)) return 'a request is an object with method and url'
  const {
    method = 'GET',
    url,
    headers = {},
    listener = null,
    client = null,
    seed = null,
    ...rest
  } = input as Record<string, unknown>
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) return `unknown key "${unknown}"; there are method, url, headers, listener, client and seed`
  if (typeof method !== 'string') return 'method is text'
  if (typeof url !== 'string') return 'url is needed, such as "http://example.com/path"'
  if (listener !== null && typeof listener !== 'string') return 'listener is the name of one'
  if (client !== null && typeof client !== 'string') return 'client is an IP address'
  if (seed !== null && !Number.isSafeInteger(seed)) return 'seed is a whole number'
  if (headers === null || typeof headers !== 'object' || Array.isArray(headers))
    return 'headers are an object of names and values'
  const lines: [string, string][] = []
  for (const [name, value] of Object.entries(headers)) {
    for (const one of [value].flat()) {
      if (typeof one !== 'string') return `the value of header ${name} is text or a list of texts`
      lines.push([name, one])
    }
  }
  return { method, url, headers: lines, listener, client, seed: seed as number | null }
}

/** What a browser asks with at such a URL; the key is that of RFC 6455. */
const WEBSOCKET = [
  ['connection', 'Upgrade'],
  ['upgrade', 'websocket'],
  ['sec-websocket-version', '13'],
  ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
] as const

/** Writes the request down as it would be sent; a text is why that cannot be. */
export function requestBytes({ method, url, headers, client }: ExplainRequest): RequestBytes | string {
  for (const text of [method, url, ...headers.flat()]) if (LINE_END.test(text)) return 'a line end cannot be part of a request'
  if (client !== null && isIP(client) === 0) return `"${client}" is not an IP address`
  const colon = headers.find(([name]) => name.includes(':'))
  if (colon !== undefined) return `"${colon[0]}" is not the name of a header`
  const parts = /^(https?|wss?|tls|tcp):\/\/([^/?#]*)([^#]*)/i.exec(url)
  const hosts = headers.filter(([name]) => name.toLowerCase() === 'host')
  if (parts === null) {
    if (!url.startsWith('/') && url !== '*') return `"${url}" is not a URL such as http://example.com/path`
    if (hosts.length === 0) return `"${url}" names no host: write a whole URL, or give a Host header`
  }
  const [, written = '', authority = '', rest = url] = parts ?? []
  const webSocket = /^ws/i.test(written)
  const scheme = written.toLowerCase().replace(/^ws/, 'http')
  const target = parts === null ? (url.split('#', 1)[0] as string) : rest.startsWith('/') ? rest : `/${rest}`
  // Like every client: a Host of one's own takes the place of the URL's.
  const lines = [...(hosts.length > 0 ? [] : [['host', authority] as const]), ...(webSocket ? WEBSOCKET : []), ...headers]
  const text = `${method} ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  const port = /:(\d+)$/.exec(authority)?.[1]
  return {
    head: Buffer.from(text, 'utf8').toString('latin1'),
    scheme: scheme === '' ? null : (scheme as 'http' | 'https' | 'tls' | 'tcp'),
    host: authority.replace(/:\d+$/, ''),
    port: port === undefined ? null : Number(port),
  }
}
