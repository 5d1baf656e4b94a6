// One client request and its response: what was asked, what was decided, how it went. Made by a client connection, moved along by
// the proxy, read by logs. All fields are set in the constructor, so that every exchange has the same hidden class.

import type { AttemptRecord } from './access-record.ts'
import type { EndpointConnection, RunningAttempt } from './connection.ts'
import type { Timed } from './deadlines.ts'
import type { Endpoint } from './endpoint.ts'
import type { FilterChain } from './filter.ts'
import type { LocalAnswer, Part, ResponseHead } from './message.ts'
import type { Peer } from './peer.ts'
import type { ReasonCode } from './reasons.ts'
import type { RouteBinding, ServedListener } from './snapshot.ts'
import type { Subset } from './subset.ts'
import type { ExchangeTrace } from './tracing.ts'
import type { Upstream } from './upstream.ts'

/** The client's side of an exchange. */
export interface Downstream {
  readonly peer: Peer
  /** The client does not take what was written as fast as it comes: hold back until `ExchangeHandler.drained`. */
  readonly congested: boolean
  /** The client takes what comes: large pieces may go to it. How far one that is slow has come with a piece is not seen. */
  readonly quick: boolean
  /** Head, first piece of the body and maybe the end, in one write. */
  respond(x: Exchange, head: ResponseHead, part: Part | null, last: boolean): void
  data(x: Exchange, part: Part): void
  /** The response is complete. `trailers` are canonical field lines, '' = none. */
  end(x: Exchange, trailers: string): void
  /** Ends the connection (or stream) so that the client sees that the response is not complete. */
  cut(x: Exchange): void
  /** 102 to 199. */
  informational(x: Exchange, head: ResponseHead): void
  /** `100 Continue`, if the client waits for it. */
  continue(x: Exchange): void
  /** A whole answer of our own. `close`: nothing more may come on this connection. */
  answer(x: Exchange, answer: LocalAnswer, close: boolean): void
  pauseBody(x: Exchange): void
  resumeBody(x: Exchange): void
}

/** The proxy as client connections see it. */
export interface ExchangeHandler {
  /** The head is complete. */
  begin(x: Exchange): void
  /** A client of what is not HTTP is there: `x.without` is set, `x.host` what it asked for, `x.body` BODY.TUNNEL. */
  beginTunnel(x: Exchange): void
  /** A piece of the request body; the bytes are the handler's from now on. */
  bodyData(x: Exchange, bytes: Buffer): void
  bodyEnd(x: Exchange): void
  /** The client will not get (all of) its response: the attempt is cancelled, the exchange is over. */
  clientGone(x: Exchange): void
  /** The client takes data again. */
  drained(x: Exchange): void
  /** The response is complete (or cut); called before the connection turns to its next request. */
  finished(x: Exchange): void
  /** The request is wrong or too slow in its course: an answer if none has begun, else a cut. */
  fail(x: Exchange, reason: ReasonCode, detail: string): void
}

/** Gathers the body of a request for others who get a copy of it. */
export interface BodyCopy {
  /** Pieces as they come; the bytes may be kept, not changed. */
  data(bytes: Buffer): void
  /** The body is complete. */
  end(): void
  /** There will be no more of it. */
  drop(): void
}

export class Exchange {
  readonly downstream: Downstream
  /** As it was in force when the request came. Settled once the host is known: several listeners may share an address. */
  listener: ServedListener
  readonly startedAt: number

  method = ''
  /** Normalised. */
  path = ''
  /** With its `?`, or ''. As received. */
  query = ''
  /** Lower case, without port and trailing dot; '' = none (HTTP/1.0). */
  host = ''
  /** The Host field as received; '' = none. */
  authority = ''
  /** Path and query as they were before filters changed them; '' = no filter has run. */
  asked = ''
  /** A filter has set `authority`: it is sent whatever the upstream's `host` says. */
  hostRewritten = false
  /** Canonical end-to-end field lines for the endpoint, ours included, without Host. */
  fields = ''
  /** The head as received (text), for lookups by name. */
  head = ''
  requestId = ''
  /** 32 hex digits; '' = nobody traces here. */
  traceId = ''
  /** null = it is not sampled. */
  trace: ExchangeTrace | null = null
  /** Address of the client: the peer's, or what trusted hops say. */
  client = ''
  body = 0
  bodyLength = 0
  /** Client speaks HTTP/1.0, respectively HTTP/2. */
  http10 = false
  http2 = false
  /** The request's content is gRPC. */
  grpc = false
  /** What was answered to gRPC; -1 = nothing, or it was not gRPC. */
  grpcStatus = -1
  expectContinue = false
  /**
   * The protocol (lower case) that the client asks to change to, `websocket` or what else `Upgrade` named; '' = none. Set by the
   * client's connection for a request without a body; the proxy clears it where the route does not allow it, and what goes on then
   * is a plain request. The Upgrade field itself is never in `fields`: connections to endpoints write it from here.
   *
   * The endpoint's 101 comes as a head with `BODY.TUNNEL` (an endpoint's connection makes one only for a protocol that was asked
   * for). From then on `body` is `BODY.TUNNEL` and `bodyDone` false, and the exchange goes on as a tunnel: the client's bytes are
   * `bodyData`, its end is `bodyEnd` (set `bodyDone` first); the endpoint's bytes are `data`, its end is `end`. Each direction
   * ends by itself; when both have, the client's connection calls `finished`. What the client sends before `respond` has brought
   * the 101 waits at its own connection, bounded, and is handed over after it.
   */
  upgrade = ''
  /** There is no plain request in it (extended CONNECT, RFC 8441): where the route does not allow the upgrade it is answered 501. */
  upgradeOnly = false
  /** The tunnel is open. */
  tunnelled = false
  /** What is spoken without HTTP: bytes (TCP), or TLS that is passed through; '' = HTTP. */
  without: '' | 'TCP' | 'TLS' = ''
  /** The client accepts trailers. */
  trailersAccepted = false
  /** There is a Via field, respectively one of X-Forwarded-For, -Proto, -Host, -Port, Forwarded, or one that names a trace. */
  viaSeen = false
  forwardedSeen = false
  traceSeen = false

  /** Body pieces kept: not sent yet, or for another try. null = given up (too large). */
  held: Buffer[] | null = null
  heldBytes = 0
  /** More of it is waited for before the request goes on its way. */
  gathering = false
  /** What of it counts against the bound of the process. */
  buffered = 0
  /** Bytes were dropped from `held` (or never kept), or the client knows something of an answer: no second try. */
  unrepeatable = false
  bodyDone = true

  binding: RouteBinding | null = null
  /** Index of the upstream in the binding. */
  choice = -1
  /** Whose endpoints are tried now: the binding's choice, or who stands in for it. */
  upstream: Upstream | null = null
  /** The part of the chosen upstream that the route asks for; null = all of it. */
  subset: Subset | null = null
  /** The filters of route and upstream; null = none. */
  chain: FilterChain | null = null
  /** How many of them the request has passed: the response sides of these run. */
  passed = 0
  /** What filters keep from one side to the other, by whom; null = nothing. */
  kept: Map<object, unknown> | null = null
  /** Bytes that its body may have, by a filter. */
  maxBody = Number.POSITIVE_INFINITY
  tried: Endpoint[] | null = null
  /** The endpoint that its session began with, where the route has affinity by cookie; null = none that is known. */
  session: Endpoint | null = null
  /** Of the value that is its session, where the route has affinity by header; 0 = it has none. */
  sessionHash = 0
  /** Of its key, where the balancer of the upstream hashes. */
  hash = 0
  /** Wants the rest of the body for those who get a copy of the request; null = nobody does. */
  copy: BodyCopy | null = null
  /** It has been decided who gets a copy. */
  mirrored = false
  attempt: RunningAttempt | null = null
  /** Run beside it, and may answer first; null = there are none. Each has a place of its own at the upstream. */
  rivals: RunningAttempt[] | null = null
  /** The connection that takes the body now. */
  connection: EndpointConnection | null = null

  /** A place at the upstream is counted for it. */
  admitted = false
  waiting: Timed | null = null
  timer: Timed | null = null
  retries = 0
  /** Runs until another endpoint is asked too; null = that is not the case. */
  hedge: NodeJS.Timeout | null = null
  /** How often that was done. */
  hedges = 0
  /** Runs until the next try; null = none is waited for. */
  backoff: NodeJS.Timeout | null = null
  /** An endpoint's answer that was given up for another try: better than none. */
  lastAnswer: { readonly head: ResponseHead; readonly part: Part | null } | null = null
  /** Why the next attempt is made; '' = it is the first. */
  retryReason = ''
  /** Why there was no further one, in words; '' = that was not the question. */
  noRetry = ''

  status = 0
  /** What the gateway said of it beside the reason, in words; '' = no more. */
  said = ''
  reason: ReasonCode | null = null
  /** The response head has gone to the client. */
  responded = false
  finished = false
  /** The response was cut, or the client left before it was complete. */
  incomplete = false
  accounted = false
  bytesIn = 0
  bytesOut = 0
  /** Somebody wants to know what its attempts came to, respectively when its phases were over. */
  recorded = false
  timed = false
  /** Monotonic milliseconds, where it is timed: the request was there, the head of the answer went out. 0 = not known. */
  receivedAt = 0
  headAt = 0
  /** Since when it waits, respectively how long it has waited, for a place at an upstream. */
  queuedAt = 0
  queuedMs = 0
  attempts: AttemptRecord[] | null = null

  constructor(downstream: Downstream, listener: ServedListener, startedAt: number) {
    this.downstream = downstream
    this.listener = listener
    this.startedAt = startedAt
  }
}
