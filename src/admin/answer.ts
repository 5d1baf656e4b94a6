// Answers of the admin API, and the headers that all of them carry.

import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { PROBLEMS, type ProblemCode, problemBody } from './problems.ts'

export interface Answer {
  readonly status: number
  /** '' = there is no body. */
  readonly type: string
  readonly body: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

/** Nothing is kept, framed, sniffed or run; the one page that there is says for itself what it runs. */
export const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

export function json(status: number, value: unknown): Answer {
  return { status, type: 'application/json', body: `${JSON.stringify(value)}\n` }
}

/** `detail` is what a person should know. */
export function refusal(code: ProblemCode, detail: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: PROBLEMS[code].status, type: 'application/problem+json', body: problemBody(code, detail), headers }
}

/** Sends it; a request whose body was not read to its end gets no further one on its connection. */
export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  if (response.headersSent || response.destroyed) return
  const { type, body } = answer
  const unread = !request.complete && hasBody(request)
  response.writeHead(answer.status, {
    ...HEADERS,
    ...(type === '' ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
    ...answer.headers,
    ...(unread ? { connection: 'close' } : {}),
  })
  // Text leaves in one write with the head, a buffer is another one.
  response.end(request.method === 'HEAD' || type === '' ? undefined : body)
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** For a connection whose request could not even be parsed. */
export function rawRefusal(code: 'bad-request' | 'header-timeout' | 'header-limit'): string {
  const body = problemBody(code, 'the request could not be read')
  const head = [
    `HTTP/1.1 ${PROBLEMS[code].status} ${STATUS_CODES[PROBLEMS[code].status]}`,
    'connection: close',
    'content-type: application/problem+json',
    'cache-control: no-store',
  ]
  return `${head.join('\r\n')}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}
