// The admin API on node:http: one small server in the supervisor, strict about who asks and patient with nobody.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Clock, systemClock } from '../model/clock.ts'
import type { LogFunction } from '../telemetry/log.ts'
import { type Answer, refusal, send } from './answer.ts'
import { isLocal, listenOn, parseBind } from './bind.ts'
import { readBody } from './body.ts'
import { CALLS, type Call, methodsOf } from './calls.ts'
import { Guard } from './guard.ts'
import { Audience } from './live/audience.ts'
import { OneAtATime } from './one-at-a-time.ts'
import { handleRudeClients } from './rude-clients.ts'
import type { AdminState } from './state.ts'

export interface AdminOptions {
  readonly bind: string
  readonly readOnly: boolean
  /** null = none is asked for; needed where others than this machine can connect. */
  readonly token: string | null
  /** Names that Host may hold besides IP literals, `localhost` and the bound name. */
  readonly hosts: readonly string[]
  readonly state: AdminState
  readonly log: LogFunction
  /** By default the system's. */
  readonly clock?: Clock
}

export interface Admin {
  /** Listens; resolves with the real address, `http://127.0.0.1:9901` or `unix:/path`. Rejects when it cannot be had. */
  start(): Promise<string>
  /** Finishes what runs, for at most a second. */
  close(): Promise<void>
}

/** Milliseconds and bytes. */
export interface AdminLimits {
  readonly headMs: number
  readonly requestMs: number
  readonly keepAliveMs: number
  /** Without a byte in either direction. */
  readonly silenceMs: number
  readonly closeMs: number
  readonly headerBytes: number
  readonly headers: number
  readonly bodyBytes: number
  readonly connections: number
  /** Of GET /events at a time. */
  readonly watchers: number
  /** In which one of these has to take what it is sent. */
  readonly slowMs: number
}

export const ADMIN_LIMITS: AdminLimits = {
  headMs: 5_000,
  requestMs: 10_000,
  keepAliveMs: 15_000,
  silenceMs: 60_000,
  closeMs: 1_000,
  headerBytes: 16 * 1024,
  headers: 100,
  bodyBytes: 64 * 1024,
  connections: 512,
  watchers: 16,
  slowMs: 10_000,
}

const NO_BODY = Buffer.alloc(0)

/** Throws when the options cannot be served safely. */
export function createAdmin(options: AdminOptions, limits: AdminLimits = ADMIN_LIMITS): Admin {
  const bind = parseBind(options.bind)
  if (options.token === '') throw new Error('admin.token is empty')
  if (options.token === null && !isLocal(bind)) {
    throw new Error(`admin.bind: ${options.bind} can be reached by others, so it needs admin.token`)
  }
  const names = 'host' in bind ? [bind.host, ...options.hosts] : options.hosts
  const guard = new Guard({ names, token: options.token, readOnly: options.readOnly })
  const audience = new Audience({
    state: options.state,
    readOnly: options.readOnly,
    clock: options.clock ?? systemClock,
    log: options.log,
    limits,
  })
  const server = createLimitedServer(limits)
  handleRudeClients(server)
  const serve = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void => {
    const failed = (error: Error): void => {
      options.log('error', 'an admin call failed', { call: request.url?.slice(0, 100), error: error.stack ?? String(error) })
    }
    answer(request, { state: options.state, guard, limits, audience }, () => expectsContinue && response.writeContinue())
      .catch((error: Error) => {
        failed(error)
        return refusal('internal', 'the log says why')
      })
      .then((made) => {
        if (made === 'events') audience.join(response)
        else if (made !== null) send(request, response, made)
      })
      .catch((error: Error) => {
        // What cannot even be sent must not end the process.
        failed(error)
        response.destroy()
      })
  }
  const turns = new OneAtATime()
  server.on('request', (request, response) => turns.pass(request, response, () => serve(request, response, false)))
  server.on('checkContinue', (request, response) => turns.pass(request, response, () => serve(request, response, true)))
  server.on('checkExpectation', (request, response) => {
    turns.pass(request, response, () =>
      send(request, response, refusal('expectation', 'Expect: 100-continue is all that is known')),
    )
  })
  const start = async (): Promise<string> => {
    const address = await listenOn(server, bind)
    server.on('error', (error) => options.log('error', 'the admin API has a problem', { error: error.message }))
    return address
  }
  return {
    start,
    close: () => {
      audience.close()
      return close(server, limits.closeMs)
    },
  }
}

function createLimitedServer(limits: AdminLimits): Server {
  const server = createServer({
    connectionsCheckingInterval: Math.min(1000, limits.headMs),
    headersTimeout: limits.headMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    maxHeaderSize: limits.headerBytes,
    insecureHTTPParser: false,
    // Refused by us, in our words.
    requireHostHeader: false,
    rejectNonStandardBodyWrites: true,
    noDelay: true,
  })
  // 0 = all are shown to us: Node would cut the list silently where we refuse.
  server.maxHeadersCount = 0
  server.maxConnections = limits.connections
  server.maxRequestsPerSocket = 1000
  server.timeout = limits.silenceMs
  return server
}

interface Served {
  readonly state: AdminState
  readonly guard: Guard
  readonly limits: AdminLimits
  readonly audience: Audience
}

/** null = nobody is there to be answered; `events` = it is a stream. */
async function answer(
  request: IncomingMessage,
  { state, guard, limits, audience }: Served,
  beforeBody: () => void,
): Promise<Answer | 'events' | null> {
  const call = admit(request, guard, limits)
  if ('status' in call) return call
  if (call.streams && request.method === 'GET') {
    if (!audience.full) return 'events'
    return refusal('too-many-watchers', `at most ${limits.watchers} at a time`, { 'retry-after': '5' })
  }
  if (call.method !== 'POST') return call.answer(state, request.headers, NO_BODY)
  beforeBody()
  const body = await readBody(request, limits.bodyBytes)
  if (body === 'cut') return null
  if (body === 'large') return refusal('body-limit', `a body has at most ${limits.bodyBytes} bytes`)
  return call.answer(state, request.headers, body)
}

/** The call, or why it is not made. Looks only at the head. */
function admit(
  { url = '', method = '', headers, rawHeaders, httpVersion }: IncomingMessage,
  guard: Guard,
  limits: AdminLimits,
): Call | Answer {
  if (rawHeaders.length / 2 > limits.headers) return refusal('header-limit', `at most ${limits.headers} header lines`)
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host')
  if (!url.startsWith('/') || hosts.length > 1 || (hosts.length === 0 && httpVersion === '1.1'))
    return refusal('bad-request', 'one Host and a target that is a path')
  const path = url.split('?', 1)[0]
  const call = CALLS.find((known) => known.path === path)
  const stranger = guard.host(headers.host) ?? (call?.open ? null : guard.token(headers))
  if (stranger !== null) return stranger
  if (call === undefined) return refusal('not-found', 'GET /openapi.json lists the calls')
  const methods = methodsOf(call)
  if (!methods.includes(method)) {
    const allow = methods.join(', ')
    return refusal('method-not-allowed', `this call takes ${allow}`, { allow })
  }
  const foreign = call.method === 'POST' || call.streams ? guard.origin(headers) : null
  return foreign ?? (call.writes ? guard.write() : null) ?? call
}

function close(server: Server, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const deadline = setTimeout(() => server.closeAllConnections(), timeoutMs)
    server.close(() => {
      clearTimeout(deadline)
      resolve()
    })
  })
}
