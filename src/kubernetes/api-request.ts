// One HTTP request to the API server, and the bounds of its time.

import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { Alarm, type Deadlines } from '../model/deadlines.ts'
import { apiError } from './api-error.ts'
import type { Access, Identity } from './identity.ts'

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the API server's address, with its query: `/api/v1/services?limit=500`. */
  readonly path: string
  /** Sent as JSON. */
  readonly body?: unknown
  /** Left out: application/json. */
  readonly contentType?: string
  readonly signal?: AbortSignal
  /** The longest that nothing comes; left out: 30 s. */
  readonly silenceMs?: number
}

const SILENCE_MS = 30_000
const MOST_ERROR_BYTES = 64 * 1024

interface Sending extends ApiRequest {
  readonly identity: Identity
  readonly access: Access
  readonly deadlines: Deadlines
}

/** Rejects as `ApiClient.call`; ends the request when `take` throws. */
export function send(sending: Sending, take: (piece: Buffer) => void, begun: () => void): Promise<void> {
  const { method = 'GET', path, body, contentType = 'application/json', signal, silenceMs = SILENCE_MS } = sending
  const { identity, access, deadlines } = sending
  const { protocol, hostname, port, pathname } = identity.url
  const text = body === undefined ? null : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const request: ClientRequest = (protocol === 'https:' ? httpsRequest : httpRequest)({
      method,
      hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? undefined : Number(port),
      path: pathname.replace(/\/$/, '') + path,
      agent: access.agent,
      headers: {
        accept: 'application/json',
        'user-agent': 'headgate',
        ...access.headers,
        ...(text === null ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }),
      },
    })
    const alarm = new Alarm(() => end(new Error(`nothing came from the API server for ${silenceMs / 1000} s`)))
    const aborted = (): void => end(new Error('stopped'))
    let ended = false
    function end(error: Error | null): void {
      if (ended) return
      ended = true
      deadlines.remove(alarm)
      signal?.removeEventListener('abort', aborted)
      if (error === null) resolve()
      else {
        request.destroy()
        reject(error)
      }
    }
    signal?.addEventListener('abort', aborted)
    if (signal?.aborted) return aborted()
    deadlines.arm(alarm, silenceMs)
    request.on('error', (error: NodeJS.ErrnoException) => {
      end(Object.assign(new Error(`${identity.url.host}: ${error.message || error.code}`), { code: error.code }))
    })
    request.on('response', (response: IncomingMessage) => {
      const { statusCode = 0 } = response
      const good = statusCode >= 200 && statusCode < 300
      if (good) begun()
      let said = ''
      response.on('data', (piece: Buffer) => {
        if (ended) return
        deadlines.arm(alarm, silenceMs)
        if (!good) {
          if (said.length < MOST_ERROR_BYTES) said += piece.toString('latin1')
          return
        }
        try {
          take(piece)
        } catch (error) {
          end(error as Error)
        }
      })
      response.on('error', () => {})
      response.on('close', () => {
        if (!good) end(apiError(statusCode, said, response.headers['retry-after']))
        else end(response.complete ? null : new Error(`${identity.url.host}: the answer was cut`))
      })
    })
    request.end(text ?? undefined)
  })
}
