// Mirroring: copies of a request go to other upstreams as exchanges of their own, with a client's side that wants nothing. Nothing
// of the original waits for them, and what becomes of them changes nothing for it.

import { NO_ONLOOKER } from '../model/access-record.ts'
import { buffers } from '../model/buffers.ts'
import type { Clock, Random } from '../model/clock.ts'
import { ListenerCounters, ResponseCounters } from '../model/counters.ts'
import type { Deadlines } from '../model/deadlines.ts'
import { type BodyCopy, type Downstream, Exchange } from '../model/exchange.ts'
import { BODY, type LocalAnswer, type Part, type ResponseHead } from '../model/message.ts'
import type { Peer } from '../model/peer.ts'
import type { Mirror, ServedListener } from '../model/snapshot.ts'
import type { Upstream } from '../model/upstream.ts'
import { countHeld } from './held-body.ts'
import type { RequestProxy } from './proxy.ts'
import { RequestTimer } from './timers.ts'

/** Milliseconds for the head of the answer where the route has no time for an attempt, and for the rest of the answer. */
const HEAD_MS = 60_000
const REST_MS = 10_000
/** Bytes of an answer that are read for the sake of the connection; a larger answer costs it. */
const MAX_REST = 1024 * 1024

/** Why a copy was not sent; a reason code when the upstream had no endpoint for it. */
type Drop = 'body-bytes' | 'limit' | 'incomplete'

export class Mirroring {
  private readonly proxy: RequestProxy
  private readonly clock: Clock
  private readonly deadlines: Deadlines
  private readonly random: Random
  private readonly running = new Set<Exchange>()
  /** Each listener as it is to copies: what is counted there reaches nobody. */
  private readonly unseen = new WeakMap<ServedListener, ServedListener>()

  constructor(proxy: RequestProxy, clock: Clock, deadlines: Deadlines, random: Random) {
    this.proxy = proxy
    this.clock = clock
    this.deadlines = deadlines
    this.random = random
  }

  /** The request has passed its filters and is on its way: decides who gets a copy, and sends it when the body is complete. */
  begin(x: Exchange, mirrors: readonly Mirror[]): void {
    x.mirrored = true
    // Of a tunnel only the beginning could be copied.
    if (x.upgrade !== '' || x.body === BODY.TUNNEL) return
    let chosen: Mirror[] | null = null
    for (const mirror of mirrors) {
      if (this.random() >= mirror.share) continue
      if (x.heldBytes > mirror.bodyBytes || x.bodyLength > mirror.bodyBytes) drop(mirror, 'body-bytes')
      else if (x.bodyDone) this.send(x, mirror, x.held, x.heldBytes)
      else if (chosen === null) chosen = [mirror]
      else chosen.push(mirror)
    }
    if (chosen !== null) x.copy = new GatheredBody(this, x, chosen)
  }

  send(x: Exchange, mirror: Mirror, body: Buffer[] | null, bodyBytes: number): void {
    const { upstream, binding } = mirror
    // The copy may be all that a body is still kept for.
    if ((bodyBytes > 0 && buffers.spent) || !upstream.admit()) {
      drop(mirror, 'limit')
      return
    }
    const nobody = new NobodyThere(this, x.downstream.peer)
    const copy = copyOf(x, mirror, new Exchange(nobody, this.unseenOf(x.listener), this.clock.now()))
    copy.held = body
    copy.heldBytes = bodyBytes
    if (bodyBytes > 0) countHeld(copy)
    copy.timer = new RequestTimer(this.proxy, copy)
    this.deadlines.arm(copy.timer, (binding.attemptTimeout || HEAD_MS) + REST_MS)
    this.running.add(copy)
    this.proxy.enter(copy)
  }

  private unseenOf(listener: ServedListener): ServedListener {
    const known = this.unseen.get(listener)
    if (known !== undefined) return known
    const noRoute = new ResponseCounters(listener.name, '', '')
    const unseen = {
      ...listener,
      counters: new ListenerCounters(),
      noRoute,
      access: null,
      accessByRoute: null,
      tracer: null,
      onlooker: NO_ONLOOKER,
    }
    this.unseen.set(listener, unseen)
    return unseen
  }

  /** The answer is complete, or there will be none. */
  done(copy: Exchange, answer: LocalAnswer | null): void {
    if (!this.running.delete(copy)) return
    copy.finished = true
    // Nobody was asked.
    if (answer?.reason !== undefined && copy.tried === null) count(copy.upstream as Upstream, answer.reason)
    this.proxy.finished(copy)
  }

  /** The answer is not worth waiting for any longer. */
  cut(copy: Exchange): void {
    if (this.running.delete(copy)) this.proxy.clientGone(copy)
  }

  /** Ends what runs. */
  close(): void {
    for (const copy of [...this.running]) this.cut(copy)
  }
}

function drop({ upstream }: Mirror, why: Drop): void {
  count(upstream, why)
}

function count({ counters: { droppedCopies } }: Upstream, reason: string): void {
  droppedCopies.set(reason, (droppedCopies.get(reason) ?? 0) + 1)
}

/** The request as filters have left it. */
function copyOf(x: Exchange, { binding, upstream }: Mirror, copy: Exchange): Exchange {
  copy.method = x.method
  copy.path = x.path
  copy.query = x.query
  copy.host = x.host
  copy.authority = x.authority
  copy.hostRewritten = x.hostRewritten
  copy.fields = x.fields
  copy.head = x.head
  copy.requestId = x.requestId
  copy.client = x.client
  copy.body = x.body
  copy.bodyLength = x.bodyLength
  copy.trailersAccepted = x.trailersAccepted
  copy.grpc = x.grpc
  copy.binding = binding
  copy.choice = 0
  copy.upstream = upstream
  return copy
}

/** Gathers a body that is still arriving; whoever wants less of it than there is does without. */
class GatheredBody implements BodyCopy {
  private readonly mirroring: Mirroring
  private readonly exchange: Exchange
  private readonly pieces: Buffer[]
  private bytes: number
  private mirrors: Mirror[]

  constructor(mirroring: Mirroring, x: Exchange, mirrors: Mirror[]) {
    this.mirroring = mirroring
    this.exchange = x
    this.pieces = x.held === null ? [] : [...x.held]
    this.bytes = x.heldBytes
    this.mirrors = mirrors
    buffers.used += this.bytes
  }

  data(bytes: Buffer): void {
    this.bytes += bytes.length
    this.pieces.push(bytes)
    buffers.used += bytes.length
    if (buffers.spent) {
      this.giveUp('limit')
      return
    }
    this.mirrors = this.mirrors.filter((mirror) => {
      const fits = this.bytes <= mirror.bodyBytes
      if (!fits) drop(mirror, 'body-bytes')
      return fits
    })
    if (this.mirrors.length === 0) this.forget()
  }

  end(): void {
    const x = this.exchange
    this.forget()
    for (const mirror of this.mirrors) this.mirroring.send(x, mirror, this.pieces, this.bytes)
  }

  drop(): void {
    this.giveUp('incomplete')
  }

  private giveUp(why: Drop): void {
    this.forget()
    for (const mirror of this.mirrors) drop(mirror, why)
  }

  private forget(): void {
    this.exchange.copy = null
    buffers.used -= this.bytes
  }
}

/** In the client's place: reads answers so that their connections can be used again. One per copy. */
class NobodyThere implements Downstream {
  readonly peer: Peer
  readonly congested = false
  readonly quick = true
  private readonly mirroring: Mirroring
  private received = 0

  constructor(mirroring: Mirroring, peer: Peer) {
    this.mirroring = mirroring
    this.peer = peer
  }

  respond(x: Exchange, head: ResponseHead, part: Part | null, last: boolean): void {
    if (last) this.mirroring.done(x, null)
    else if (head.length > MAX_REST) this.mirroring.cut(x)
    else if (part !== null) this.data(x, part)
  }

  data(x: Exchange, part: Part): void {
    this.received += part.end - part.start
    if (this.received > MAX_REST) this.mirroring.cut(x)
  }

  end(x: Exchange): void {
    this.mirroring.done(x, null)
  }

  cut(x: Exchange): void {
    this.mirroring.done(x, null)
  }

  answer(x: Exchange, answer: LocalAnswer): void {
    this.mirroring.done(x, answer)
  }

  informational(): void {}
  continue(): void {}
  pauseBody(): void {}
  resumeBody(): void {}
}
