// The request's way: identify, route, admit, pick, attempt, maybe once more, answer, account. Connections call in, this decides.

import type { Breaker } from '../model/breaker.ts'
import type { Clock, Random } from '../model/clock.ts'
import type { Failure } from '../model/connection.ts'
import type { Deadlines, Timed } from '../model/deadlines.ts'
import type { Endpoint } from '../model/endpoint.ts'
import type { Exchange, ExchangeHandler } from '../model/exchange.ts'
import { fieldValue } from '../model/field-text.ts'
import { grpcAnswer, grpcRequestTimeout, grpcStatusName } from '../model/grpc.ts'
import type { LocalAnswer, ResponseHead } from '../model/message.ts'
import { Overload } from '../model/overload.ts'
import { problem } from '../model/problem.ts'
import type { ReasonCode } from '../model/reasons.ts'
import type { RouteBinding } from '../model/snapshot.ts'
import type { Upstream } from '../model/upstream.ts'
import { account, countAnswer, countRejected, observe } from './account.ts'
import { Attempt } from './attempt.ts'
import { FAILURE } from './failure-reasons.ts'
import { filterLocalAnswer, filterResponse, runRequestFilters } from './filters.ts'
import { forwardedLines, isLoop } from './forwarded.ts'
import { Hedging, unwatch } from './hedge.ts'
import { countHeld, gather, gathers, hold, holdsEnough } from './held-body.ts'
import type { KeptAnswer } from './kept-answer.ts'
import { Mirroring } from './mirror.ts'
import { pickEndpoint } from './pick.ts'
import { type RequestIdSource, RequestIds } from './request-id.ts'
import { mayRetry, mayRetryStatus, retryAfter } from './retry.ts'
import { hashInUse, upstreamInUse } from './stand-in.ts'
import { RequestTimer, WaitingExchange } from './timers.ts'
import { becomeTunnel, judgeUpgrade, notAgreed } from './tunnel.ts'

export class RequestProxy implements ExchangeHandler {
  readonly clock: Clock
  /** Copies of requests that are under way. */
  readonly mirroring: Mirroring
  readonly overload: Overload
  private readonly hedging: Hedging
  readonly deadlines: Deadlines
  private readonly random: Random
  private readonly requestIds: RequestIdSource

  constructor(clock: Clock, deadlines: Deadlines, random: Random, requestIds: RequestIdSource = new RequestIds()) {
    this.requestIds = requestIds
    this.clock = clock
    this.random = random
    this.overload = new Overload(random)
    this.deadlines = deadlines
    this.hedging = new Hedging(this, clock)
    this.mirroring = new Mirroring(this, clock, deadlines, random)
  }

  begin(x: Exchange): void {
    const { listener } = x
    this.identify(x)
    if (listener.tracer !== null) listener.tracer.begin(x)
    if (listener.via !== null) {
      if (x.viaSeen && isLoop(x.head, listener.via)) {
        this.fail(x, 'loop', `Via names ${listener.via}`)
        return
      }
      x.fields += `via: ${x.http2 ? '2.0' : x.http10 ? '1.0' : '1.1'} ${listener.via}\r\n`
    }
    if (x.path === '*') this.answerOptions(x)
    else if (listener.servesHost !== null && !listener.servesHost(x.host))
      this.fail(x, 'no-route', 'no listener serves this host')
    else {
      const binding = listener.route(x)
      if (binding === null) this.fail(x, 'no-route', '')
      else this.follow(x, binding)
    }
  }

  beginTunnel(x: Exchange): void {
    const { listener } = x
    x.client = x.downstream.peer.address
    x.requestId = this.requestIds.next()
    // Who names nobody has come to a listener that takes whoever names nobody.
    const served = x.host === '' || listener.servesHost === null || listener.servesHost(x.host)
    const binding = served ? listener.route(x) : null
    if (binding === null) this.fail(x, 'no-route', '')
    else this.follow(x, binding)
  }

  /** The route is known: choose the upstream, and wait there if it is full. */
  private follow(x: Exchange, binding: RouteBinding): void {
    x.binding = binding
    observe(x)
    if (this.overload.pressure > 0 && this.overload.refuses(binding.priority)) {
      this.fail(x, 'overload', '')
      return
    }
    const stays = binding.affinity === null ? -1 : binding.affinity.begin(x)
    x.choice = stays >= 0 ? stays : binding.split === null ? 0 : binding.split()
    x.upstream = binding.upstreams[x.choice] ?? null
    if (binding.subsets !== null) x.subset = binding.subsets[x.choice] ?? null
    const timeout = x.grpc ? grpcRequestTimeout(x.head, binding.requestTimeout) : binding.requestTimeout
    if (timeout > 0) {
      x.timer = new RequestTimer(this, x)
      this.deadlines.arm(x.timer, timeout)
    }
    if (x.upgrade !== '') {
      const refusal = judgeUpgrade(x, binding)
      if (refusal !== null) {
        this.answer(x, refusal, false)
        return
      }
    }
    x.chain = binding.chains === null ? null : (binding.chains[x.choice] ?? null)
    if (x.chain === null) this.proceed(x)
    else {
      x.asked = x.path + x.query
      runRequestFilters(this, x, x.chain, 0)
    }
  }

  /** The filters have let it pass: to the upstream, or into its queue. */
  proceed(x: Exchange): void {
    if (x.bodyDone || !gathers(x, upstreamOf(x))) this.goIn(x)
    else {
      gather(x)
      if (x.expectContinue) x.downstream.continue(x)
    }
  }

  private goIn(x: Exchange): void {
    x.gathering = false
    if ((x.binding as RouteBinding).standIns !== null) x.upstream = upstreamInUse(x)
    const upstream = upstreamOf(x)
    if (upstream.breaker !== null && !upstream.breaker.enter(x)) this.broken(x, upstream.breaker)
    else if (upstream.admit()) this.enter(x)
    else this.wait(x, upstream)
  }

  /** Who asks, and under which name the request is known. */
  private identify(x: Exchange): void {
    x.client = x.downstream.peer.address
    x.bytesIn += x.head.length + x.heldBytes
    if (x.heldBytes > 0) countHeld(x)
    const forwarded = forwardedLines(x)
    x.fields += forwarded
    if (x.requestId !== '') return
    x.requestId = this.requestIds.next()
    x.fields += this.requestIds.line()
  }

  /** RFC 9110 9.3.7: `OPTIONS *` asks the gateway itself. */
  private answerOptions(x: Exchange): void {
    this.answer(x, { status: 200, fields: 'allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n', body: '' }, false)
  }

  private wait(x: Exchange, upstream: Upstream): void {
    const waiting = new WaitingExchange(this, x, upstream)
    if (!upstream.enqueue(waiting)) {
      this.fail(x, 'limit-pending', '')
      return
    }
    x.waiting = waiting
    x.queuedAt = this.clock.now()
    this.deadlines.arm(waiting, upstream.settings.pendingTimeout)
  }

  /** The upstream has a place for it. */
  enter(x: Exchange): void {
    x.admitted = true
    if (x.waiting !== null) this.waited(x, x.waiting)
    if (x.expectContinue) x.downstream.continue(x)
    const { hashes, standIns } = x.binding as RouteBinding
    const hash = standIns === null ? hashes?.[x.choice] : hashInUse(x)
    if (hash) x.hash = hash(x)
    upstreamOf(x).budget?.request(this.clock.now())
    this.attempt(x)
    const { mirrors } = x.binding as RouteBinding
    if (mirrors !== null && !x.mirrored && !x.finished) this.mirroring.begin(x, mirrors)
  }

  private attempt(x: Exchange): void {
    const upstream = upstreamOf(x)
    if ((x.binding as RouteBinding).standIns !== null && upstreamInUse(x) !== upstream) {
      // It waited, for a place or for another try, and meanwhile somebody else has taken over.
      upstream.breaker?.leave(x)
      this.leave(x)
      this.proceed(x)
      return
    }
    if (upstream.breaker !== null && !upstream.breaker.enter(x)) {
      this.broken(x, upstream.breaker)
      return
    }
    const endpoint = pickEndpoint(x, upstream)
    const connector = endpoint === null ? undefined : upstream.connectors.get(endpoint)
    if (endpoint === null || connector === undefined) {
      this.giveIn(x, 'no-endpoint', `upstream ${upstream.name}`)
      return
    }
    const attempt = new Attempt(this, x, upstream, endpoint, this.clock.now())
    x.attempt = attempt
    attempt.start(connector)
    const { hedge } = x.binding as RouteBinding
    if (hedge !== null && x.attempt === attempt) this.hedging.watch(x, hedge)
  }

  /** The upstream is not to be asked. */
  private broken(x: Exchange, { retryAfter }: Breaker): void {
    this.giveIn(x, 'breaker-open', `upstream ${upstreamOf(x).name}`, retryAfter)
  }

  /** It waits for a place no longer: from the beginning. */
  dismissed(x: Exchange): void {
    if (x.waiting !== null) this.waited(x, x.waiting)
    this.proceed(x)
  }

  private waited(x: Exchange, waiting: Timed): void {
    this.deadlines.remove(waiting)
    x.waiting = null
    x.queuedMs += this.clock.now() - x.queuedAt
  }

  /** An attempt has failed: once more, or that was it. */
  failed(x: Exchange, failure: Failure, detail: string, untouched: boolean): void {
    if (x.finished) return
    if (mayRetry(x, failure, untouched, this.clock.now())) this.again(x, failure, failure, 0)
    else this.giveIn(x, x.tunnelled && failure === 'idle-timeout' ? 'tunnel-timeout' : FAILURE[failure], detail)
  }

  /** The attempt is a tunnel from now on: only its idle time is limited. */
  openTunnel(x: Exchange, head: ResponseHead): void {
    becomeTunnel(x, head)
    if (x.timer !== null) {
      this.deadlines.remove(x.timer)
      x.timer = null
    }
    countAnswer(x, this.clock.now() - x.startedAt)
  }

  /** There will be no other try: what an endpoint has said before is better than what we can say. */
  private giveIn(x: Exchange, reason: ReasonCode, detail: string, retryAfter?: number): void {
    if (x.lastAnswer !== null && !x.responded) this.answerLate(x, x.lastAnswer, reason)
    else this.fail(x, reason, detail, retryAfter)
  }

  /** An endpoint has answered, but with a status that the route would rather not pass on. `granted`: another try has its budget. */
  refused(x: Exchange, head: ResponseHead, granted: boolean): void {
    if (granted || mayRetryStatus(x, head.status, this.clock.now()))
      this.again(x, reasonOf(x, head), 'ok', retryAfter(fieldValue(head.fields, 'retry-after'), this.clock.wall()))
    // Others ran beside it and failed, and it was too large to be kept.
    else this.giveIn(x, 'reset', `the answer ${head.status} was given up for another try`)
  }

  private again(x: Exchange, reason: string, failure: Failure, wait: number): void {
    x.retries++
    x.retryReason = reason
    const delay = (x.binding as RouteBinding).retry.delay(x.retries, failure, wait, this.random)
    if (delay < 1) this.attempt(x)
    else {
      x.backoff = setTimeout(() => {
        x.backoff = null
        this.attempt(x)
      }, delay)
    }
  }

  /** No later try brought an answer: the one that was given up for them. */
  private answerLate(x: Exchange, { head, part }: KeptAnswer, noOther: ReasonCode): void {
    x.noRetry ||= noOther
    const instead = x.chain?.onResponse ? filterResponse(x, x.chain, head) : null
    this.leave(x)
    x.responded = true
    x.status = instead?.status ?? head.status
    if (x.timed) x.headAt = this.clock.now()
    if (instead === null) x.downstream.respond(x, head, part, true)
    else this.send(x, instead, false)
  }

  /** Remembers where the exchange has been, before it goes elsewhere. */
  tried(x: Exchange, endpoint: Endpoint): void {
    if (x.tried === null) x.tried = [endpoint]
    else if (!x.tried.includes(endpoint)) x.tried.push(endpoint)
  }

  bodyData(x: Exchange, bytes: Buffer): void {
    x.bytesIn += bytes.length
    if (!x.unrepeatable) hold(x, bytes)
    x.copy?.data(bytes)
    const enough = x.connection === null ? holdsEnough(x) : !x.connection.sendBody(bytes)
    // Behind the last piece there is nothing to hold back, and nobody would let it go on.
    if (enough && !x.bodyDone) x.downstream.pauseBody(x)
    if (enough && x.gathering) this.goIn(x)
  }

  bodyEnd(x: Exchange): void {
    if (x.timed) x.receivedAt = this.clock.now()
    if (x.gathering) this.goIn(x)
    else {
      x.connection?.endBody()
      x.copy?.end()
    }
  }

  drained(x: Exchange): void {
    x.attempt?.resume()
  }

  clientGone(x: Exchange): void {
    x.finished = true
    x.incomplete = true
    // 499: nginx's number for a client that did not wait; it goes to log and metrics only.
    if (!x.responded) x.status = 499
    this.abandon(x)
    account(x, this.clock)
  }

  finished(x: Exchange): void {
    this.abandon(x)
    account(x, this.clock)
  }

  /** `retryAfter`: seconds, where it is not that of the reason. */
  fail(x: Exchange, reason: ReasonCode, detail: string, retryAfter?: number): void {
    // What was refused before it was identified is known to the log all the same.
    if (x.requestId === '') x.requestId = this.requestIds.next()
    this.abandon(x)
    if (x.responded) {
      x.reason = reason
      x.said = detail
      x.incomplete = true
      countRejected(x, reason)
      x.downstream.cut(x)
    } else this.answer(x, problem(reason, detail, x.listener.detail, undefined, retryAfter), reason === 'loop')
  }

  /** Answers by ourselves; the filters that the request has passed see it like an endpoint's answer. */
  answer(x: Exchange, answer: LocalAnswer, close: boolean): void {
    x.reason = answer.reason ?? null
    x.said = answer.detail ?? ''
    const last = x.chain?.onResponse ? filterLocalAnswer(x, x.chain, answer) : answer
    this.send(x, last, close)
  }

  /** Sends what is the last word. A filter that puts its own words to an answer leaves the reason as it is. */
  send(x: Exchange, said: LocalAnswer, close: boolean): void {
    const answer = x.upgradeOnly && said.status < 300 ? notAgreed(x) : said
    x.reason = answer.reason ?? x.reason
    if (x.reason !== null) countRejected(x, x.reason)
    const final = x.grpc ? grpcAnswer(x, answer) : answer
    x.status = final.status
    x.responded = true
    if (x.timed) x.headAt = this.clock.now()
    x.downstream.answer(x, final, close)
  }

  /** Gives up what runs or waits for the exchange. */
  private abandon(x: Exchange): void {
    x.copy?.drop()
    unwatch(x)
    cancelAll(x)
    if (x.waiting !== null) {
      const waiting = x.waiting as WaitingExchange
      waiting.upstream.dequeue(waiting)
      this.waited(x, waiting)
    }
    if (x.backoff !== null) {
      clearTimeout(x.backoff)
      x.backoff = null
    }
    if (x.timer !== null) {
      this.deadlines.remove(x.timer)
      x.timer = null
    }
    x.upstream?.breaker?.leave(x)
    this.leave(x)
  }

  /** Its place at the upstream is free again. */
  leave(x: Exchange): void {
    if (!x.admitted) return
    x.admitted = false
    upstreamOf(x).release()
  }
}

/** Rivals take the seat of the one that is cancelled. */
function cancelAll(x: Exchange): void {
  for (let attempt = x.attempt; attempt !== null; ) {
    attempt.cancel()
    attempt = x.attempt === attempt ? null : x.attempt
  }
}

/** Why an answer was given up, as the metric of retries calls it. */
function reasonOf(x: Exchange, { status }: ResponseHead): string {
  return status === 200 && x.grpcStatus > 0 ? `grpc-${grpcStatusName(x.grpcStatus)}` : String(status)
}

function upstreamOf(x: Exchange): Upstream {
  return x.upstream as Upstream
}
