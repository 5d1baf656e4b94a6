// Answers of the admin API, and the headers that all of them carry.

import type { IncomingMessage, ServerResponse } from 'node:http'

export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Nothing is kept, framed, sniffed or run; the one page that there is needs no script. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, type: 'application/json', body: `${JSON.stringify(value)}\n`, headers }
}

/** `error` is a stable word, `message` what a person should know. */
export function refusal(status: number, error: string, message: string, headers?: Readonly<Record<string, string>>): Answer {
  return json(status, { error, message }, headers)
}

/** Sends it; a request whose body was not read to its end gets no further one on its connection. */
export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  if (response.headersSent || response.destroyed) return
  const body = Buffer.from(answer.body)
  const unread = !request.complete && hasBody(request)
  response.writeHead(answer.status, {
    ...HEADERS,
    'content-type': answer.type,
    'content-length': body.length,
    ...answer.headers,
    ...(unread ? { connection: 'close' } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** For a connection whose request could not even be parsed. */
export function rawRefusal(status: 400 | 408 | 431): string {
  const [phrase, error] = RAW[status]
  const body = `${JSON.stringify({ error, message: phrase })}\n`
  const head = [
    `HTTP/1.1 ${status} ${phrase}`,
    'connection: close',
    'content-type: application/json',
    'cache-control: no-store',
  ]
  return `${head.join('\r\n')}\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}

const RAW = {
  400: ['Bad Request', 'bad-request'],
  408: ['Request Timeout', 'header-timeout'],
  431: ['Request Header Fields Too Large', 'header-limit'],
} as const
