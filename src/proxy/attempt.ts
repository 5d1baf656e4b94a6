// One try at one endpoint: counts it, hands what its connection says to the client, or back to the proxy when it failed.

import type { AttemptRecord } from '../model/access-record.ts'
import type { Connector, EndpointConnection, Failure, Outcome, RunningAttempt } from '../model/connection.ts'
import type { EndpointCounters } from '../model/counters.ts'
import type { Endpoint } from '../model/endpoint.ts'
import type { Exchange } from '../model/exchange.ts'
import { grpcStatusIn } from '../model/grpc.ts'
import { BODY, type LocalAnswer, type Part, type ResponseHead } from '../model/message.ts'
import type { RouteBinding } from '../model/snapshot.ts'
import type { Upstream } from '../model/upstream.ts'
import { filterResponse } from './filters.ts'
import { unwatch } from './hedge.ts'
import { AnswerKeeper, KEEP_MS } from './kept-answer.ts'
import { pickerFor } from './pick.ts'
import type { RequestProxy } from './proxy.ts'
import { leaveRace, win } from './race.ts'
import { mayRetryGrpc, mayRetryStatus } from './retry.ts'
import { notAgreed } from './tunnel.ts'

const COUNTER: Readonly<Record<Outcome, keyof EndpointCounters>> = {
  ok: 'ok',
  'connect-failure': 'connectFailure',
  'connect-timeout': 'connectTimeout',
  reset: 'reset',
  timeout: 'timeout',
  protocol: 'protocol',
  cancelled: 'cancelled',
}

/** What is counted of failures that say more than an outcome. */
const OUTCOME: Readonly<Partial<Record<Failure, Outcome>>> = {
  'idle-timeout': 'timeout',
  'client-idle': 'cancelled',
  'refused-stream': 'reset',
}

/** Statuses that say that the endpoint is not really there, however quickly: they must not attract traffic. */
const AWAY = new Set([502, 503, 504])

export class Attempt implements RunningAttempt {
  readonly exchange: Exchange
  readonly endpoint: Endpoint
  readonly upstream: Upstream
  readonly fields: string
  readonly attemptTimeout: number
  readonly idleTimeout: number
  readonly tunnelTimeout: number
  private readonly proxy: RequestProxy
  private readonly startedAt: number
  private connection: EndpointConnection | null = null
  private settled = false
  /** How it went has been counted, although it is not over: it has become a tunnel. */
  private counted = false
  /** The endpoint has said all that it has to say in a tunnel. */
  private ended = false
  private detail = ''
  /** The status of the answer; 0 = none has come. */
  private answered = 0
  /** Milliseconds until it came, where somebody wants to know; -1 = not known. */
  private latency = -1
  /** Monotonic milliseconds, where it is timed: a connection has taken the request, the head of the answer came. 0 = not known. */
  private sentAt = 0
  private headAt = 0
  /** Of the answer's body. */
  private bytes = 0
  /** Of its span; '' = it has none. */
  private readonly spanId: string
  /** Gathers an answer that another try is to follow. */
  private keeper: AnswerKeeper | null = null
  /** That try has been taken out of the budget. */
  private granted = false
  /** As Exchange.retryReason. */
  private readonly why: string
  /** The request was there completely when the attempt began: its time is the endpoint's, not the client's. */
  private readonly prompt: boolean

  constructor(proxy: RequestProxy, x: Exchange, upstream: Upstream, endpoint: Endpoint, startedAt: number) {
    const { attemptTimeout, idleTimeout, tunnelTimeout } = x.binding as RouteBinding
    this.exchange = x
    this.endpoint = endpoint
    this.upstream = upstream
    // Nobody can tell a stream of gRPC from a single call: it knows idle time and its own deadline.
    this.attemptTimeout = x.grpc ? 0 : attemptTimeout
    this.idleTimeout = idleTimeout
    this.tunnelTimeout = tunnelTimeout
    this.proxy = proxy
    this.startedAt = startedAt
    this.prompt = x.bodyDone
    this.why = x.retryReason
    x.retryReason = ''
    this.spanId = x.trace === null ? '' : x.trace.attemptId()
    this.fields = x.trace === null ? x.fields : x.trace.fieldsFor(x, this.spanId)
    endpoint.inFlight++
  }

  start(connector: Connector): void {
    this.connection = connector.send(this)
  }

  onSending(connection: EndpointConnection): void {
    const x = this.exchange
    this.connection = connection
    x.connection = connection
    if (x.timed) this.sentAt = this.proxy.clock.now()
    if (!x.bodyDone) x.downstream.resumeBody(x)
  }

  onWritable(): void {
    const x = this.exchange
    if (!x.bodyDone && !x.finished) x.downstream.resumeBody(x)
  }

  onInformational(head: ResponseHead): void {
    const x = this.exchange
    // The client that waits for 100 has got ours; and while several are asked nobody knows whose answer it will be.
    if (head.status === 100 || x.rivals !== null) return
    x.unrepeatable = true
    x.downstream.informational(x, head)
  }

  onHead(head: ResponseHead, part: Part | null, last: boolean): void {
    if (this.settled) return
    const x = this.exchange
    if (pickerFor(x, this.upstream).observe !== undefined) this.report(AWAY.has(head.status))
    this.answered = head.status
    this.endpoint.unreachable = ''
    if (part !== null) this.bytes = part.end - part.start
    if (x.timed) this.headAt = this.proxy.clock.now()
    if (this.upstream.roster?.timed === true && this.prompt) this.latency = this.proxy.clock.now() - this.startedAt
    if (this.upstream.breaker !== null) this.upstream.breaker.answered(x, head.status)
    if (this.upstream.adaptive !== null) this.adapt(AWAY.has(head.status))
    if ((x.binding as RouteBinding).retry.onStatus !== null && this.mayGiveUp(head.status)) {
      this.giveUp(head, part, last)
      return
    }
    if (x.grpc && last && this.refusedCall(head)) {
      this.giveUp(head, part, last)
      return
    }
    if (x.hedge !== null) unwatch(x)
    if (x.rivals !== null) win(x, this)
    if (x.chain?.onResponse) {
      const instead = filterResponse(x, x.chain, head)
      if (instead !== null) {
        this.replace(instead, last)
        return
      }
    }
    if (x.upgradeOnly && head.status < 300 && head.body !== BODY.TUNNEL) {
      this.replace(notAgreed(x), last)
      return
    }
    const { affinity } = x.binding as RouteBinding
    if (affinity !== null) affinity.answered(x, head, this.endpoint)
    x.responded = true
    x.status = head.status
    x.headAt = this.headAt
    if (last) {
      // First the place at the upstream, then the client: its next request may follow at once.
      this.settle('ok')
      this.proxy.leave(x)
      x.downstream.respond(x, head, part, true)
      return
    }
    if (head.body === BODY.TUNNEL) this.openTunnel(head, part)
    else x.downstream.respond(x, head, part, false)
    this.holdBack()
  }

  private adapt(failed: boolean): void {
    if (!failed && !this.prompt) return
    const now = this.proxy.clock.now()
    this.upstream.adapt(failed, now - this.startedAt, now)
  }

  /** From here on there is no request that could fail: the endpoint has done what it was asked for. */
  private openTunnel(head: ResponseHead, part: Part | null): void {
    const x = this.exchange
    this.counted = true
    this.count('ok', true, this.proxy.clock.now(), false)
    this.proxy.openTunnel(x, head)
    x.downstream.respond(x, head, part, false)
    x.listener.counters.bytesOut += x.bytesOut
  }

  /** To a picker that learns. */
  private report(failed: boolean): void {
    if (!failed && !this.prompt) return
    const now = this.proxy.clock.now()
    pickerFor(this.exchange, this.upstream).observe?.(this.endpoint, now - this.startedAt, now, failed)
  }

  private reportFailure(outcome: Outcome): void {
    if (outcome !== 'cancelled') this.report(true)
    // Whoever was not waited for takes at least so long; less than what is known of it says nothing.
    else if (!this.exchange.responded && this.proxy.clock.now() - this.startedAt > this.endpoint.latencyMs) this.report(false)
  }

  /** Whether another try may bring a better answer: one that runs already, or one more. */
  private mayGiveUp(status: number): boolean {
    const x = this.exchange
    if (x.rivals !== null) return (x.binding as RouteBinding).retry.onStatus?.(x.method, status) === true
    this.granted = mayRetryStatus(x, status, this.proxy.clock.now())
    return this.granted
  }

  /** A gRPC status without anything before it: another try may bring a better one. */
  private refusedCall({ fields }: ResponseHead): boolean {
    const x = this.exchange
    const { onGrpc } = (x.binding as RouteBinding).retry
    x.grpcStatus = grpcStatusIn(fields)
    if (onGrpc === null) return false
    if (x.rivals !== null) return onGrpc(x.grpcStatus)
    this.granted = mayRetryGrpc(x, x.grpcStatus, this.proxy.clock.now())
    return this.granted
  }

  /** The answer is not passed on, but kept: another try follows as soon as it is complete. */
  private giveUp(head: ResponseHead, part: Part | null, last: boolean): void {
    const keeper = new AnswerKeeper(head, () => this.givenUp(false, false))
    this.keeper = keeper
    const fits = keeper.take(part)
    if (last || !fits) this.givenUp(fits, last)
    else this.proxy.deadlines.arm(keeper, KEEP_MS)
  }

  /** `complete`: there is an answer to fall back on; `ended`: the connection has no more to say. */
  private givenUp(complete: boolean, ended: boolean): void {
    const x = this.exchange
    const { connection } = this
    const keeper = this.keeper as AnswerKeeper
    if (complete) x.lastAnswer = keeper.answer
    const alone = x.rivals === null
    this.settle('ok', false)
    if (!ended) connection?.cancel()
    this.proxy.tried(x, this.endpoint)
    if (alone) this.proxy.refused(x, keeper.head, this.granted)
  }

  /** A filter answers in the endpoint's place: what the endpoint still has to say is not wanted. */
  private replace(answer: LocalAnswer, last: boolean): void {
    const x = this.exchange
    const { connection } = this
    this.settle('ok')
    if (!last) connection?.cancel()
    this.proxy.leave(x)
    this.proxy.send(x, answer, false)
  }

  onData(part: Part): void {
    if (this.settled) return
    this.bytes += part.end - part.start
    if (this.keeper !== null) {
      if (!this.keeper.take(part)) this.givenUp(false, false)
      return
    }
    const x = this.exchange
    x.downstream.data(x, part)
    // A tunnel may last for days: its bytes are counted as they pass.
    if (x.tunnelled) x.listener.counters.bytesOut += part.end - part.start
    this.holdBack()
  }

  private holdBack(): void {
    if (!this.settled && this.exchange.downstream.congested) this.connection?.pause()
  }

  onEnd(trailers: string): void {
    if (this.settled) return
    if (this.keeper !== null) {
      this.givenUp(true, true)
      return
    }
    const x = this.exchange
    if (x.grpc) x.grpcStatus = grpcStatusIn(trailers)
    this.ended = true
    if (!x.tunnelled || x.bodyDone) {
      this.settle('ok')
      this.proxy.leave(x)
    }
    x.downstream.end(x, trailers)
  }

  onFailure(failure: Failure, detail: string, untouched: boolean): void {
    if (this.settled) return
    if (this.keeper !== null) {
      this.givenUp(false, true)
      return
    }
    const x = this.exchange
    const alone = x.rivals === null
    this.detail = detail
    if (failure === 'connect-failure' || failure === 'connect-timeout') this.endpoint.unreachable = detail
    this.settle(OUTCOME[failure] ?? (failure as Outcome), false, failure === 'refused-stream')
    this.proxy.tried(x, this.endpoint)
    if (alone) this.proxy.failed(x, failure, detail, untouched)
  }

  resume(): void {
    if (!this.settled) this.connection?.resume()
  }

  cancel(): void {
    if (this.settled) return
    const { connection } = this
    const complete = this.ended && this.exchange.bodyDone
    this.settle(complete ? 'ok' : 'cancelled')
    if (!complete) connection?.cancel()
  }

  /** `good`: this was the answer that a retry was made for. `unjudged`: it says nothing about the endpoint's health. */
  private settle(outcome: Outcome, good = outcome === 'ok', unjudged = false): void {
    const x = this.exchange
    this.settled = true
    if (this.keeper !== null) this.proxy.deadlines.remove(this.keeper)
    const racing = x.rivals !== null
    if (racing) leaveRace(x, this)
    else {
      x.attempt = null
      x.connection = null
    }
    const now = this.proxy.clock.now()
    this.endpoint.inFlight--
    if (!this.counted) this.count(outcome, good, now, unjudged)
    if (x.recorded) this.record(x, outcome, now)
    if (racing) this.upstream.release()
  }

  private record(x: Exchange, outcome: Outcome, now: number): void {
    const { startedAt, sentAt, headAt } = this
    const attempt: AttemptRecord = {
      endpoint: this.endpoint.address,
      outcome,
      status: this.answered,
      durationMs: now - startedAt,
      connectMs: sentAt === 0 ? null : sentAt - startedAt,
      ttfbMs: headAt === 0 || sentAt === 0 ? null : headAt - sentAt,
      bytes: this.bytes,
      reason: this.why,
      detail: this.detail,
      startMs: startedAt - x.startedAt,
      spanId: this.spanId,
    }
    // A list that begins empty makes room for many.
    if (x.attempts === null) x.attempts = [attempt]
    else x.attempts.push(attempt)
  }

  /** A retry that brings what it was to spare the client has only added load. */
  private countRetry(good: boolean, now: number): void {
    const { method, binding } = this.exchange
    const { retry } = binding as RouteBinding
    const helped = good && retry.onStatus?.(method, this.answered) !== true
    const { retries } = this.upstream.counters
    const key = `${this.why} ${helped ? 'ok' : 'failed'}`
    retries.set(key, (retries.get(key) ?? 0) + 1)
    if (!helped && retry.budget !== null && this.why !== 'hedge') this.upstream.budget?.wasted(now)
  }

  private count(outcome: Outcome, good: boolean, now: number, unjudged: boolean): void {
    const duration = now - this.startedAt
    if (outcome !== 'ok' && pickerFor(this.exchange, this.upstream).observe !== undefined) this.reportFailure(outcome)
    this.endpoint.counters[COUNTER[outcome]]++
    const { counters } = this.upstream
    counters.attemptDuration.observe(duration)
    if (this.upstream.adaptive !== null && this.answered === 0 && outcome !== 'cancelled') this.adapt(true)
    if (!unjudged) {
      const latency = outcome === 'timeout' && this.answered === 0 ? duration : this.latency
      this.upstream.roster?.record(this.endpoint, outcome, this.answered, latency, now)
      if (this.upstream.breaker !== null) this.upstream.breaker.record(this.exchange, outcome, this.answered)
    }
    if (this.why !== '') this.countRetry(good, now)
  }
}
