// A request's way through the very code and objects that serve requests, up to the point where an endpoint would be asked. Nothing
// that outlives it is changed: counters are its own, turns are looked at and not taken.

import { ERROR, parseError } from '../http1/parse-errors.ts'
import { parseRequestHead, RequestScan } from '../http1/parse-request.ts'
import { readRequest } from '../http1/read-request.ts'
import { NO_ONLOOKER } from '../model/access-record.ts'
import { breakerInWords } from '../model/breaker.ts'
import { type Random, systemClock } from '../model/clock.ts'
import { ListenerCounters, ResponseCounters } from '../model/counters.ts'
import { Deadlines } from '../model/deadlines.ts'
import type { Endpoint } from '../model/endpoint.ts'
import { type Downstream, Exchange } from '../model/exchange.ts'
import { BODY, type LocalAnswer } from '../model/message.ts'
import { peerOf } from '../model/peer.ts'
import type { RouteBinding, ServedListener } from '../model/snapshot.ts'
import { TlsFacts } from '../model/tls-facts.ts'
import type { Upstream } from '../model/upstream.ts'
import { filterResponse } from '../proxy/filters.ts'
import { pickerFor } from '../proxy/pick.ts'
import { RequestProxy } from '../proxy/proxy.ts'
import { theRequestId } from '../proxy/request-id.ts'
import { hashInUse, upstreamInUse } from '../proxy/stand-in.ts'
import { bestFor } from './choose-listener.ts'
import { bareResponse, type WatchedChain, type WatchedFilter, watchFilters } from './watched-filters.ts'

export interface DryRunSettings {
  /** Decides which upstream of a weighted list, and what pickers leave to chance. */
  readonly random: Random
  /** Index of the upstream in the route's list; null = by weight. */
  readonly choice: number | null
  /** Names of upstreams whose endpoints are not known here. */
  readonly undiscovered: ReadonlySet<string>
  /** How overloaded the process is, as in Overload. */
  readonly pressure: number
  /** Whether to look at the routes that are not taken, which takes its time. */
  readonly others: boolean
  /** What a client that opens TLS would ask for; '' = nothing. */
  readonly name: string
  /** The listeners of its address, where the connection belongs to one of them: then Host may not mean another. */
  readonly sharing: readonly ServedListener[]
}

/** What came of it. */
export interface DryRun {
  readonly x: Exchange
  /** The protocol that it wants to change to, '' = none; `x.upgrade` is what the route makes of it. */
  readonly asked: string
  /** As compiled; null = the request did not come so far. */
  readonly binding: RouteBinding | null
  /** Nearest first, each route once; null = the request did not come so far, or nobody asked. */
  readonly considered: readonly { readonly route: string; readonly why: string }[] | null
  readonly upstream: Upstream | null
  readonly endpoint: Endpoint | null
  readonly filters: readonly WatchedFilter[]
  /** What the client is told without an endpoint; null = an endpoint answers. */
  readonly answer: LocalAnswer | null
  /** Why, where the reason alone does not say it. */
  readonly detail: string
}

/** `client` and `port` are what the connection would have: the client's address, and the port that it connected to. */
export function dryRun(head: string, listener: ServedListener, client: string, port: number, settings: DryRunSettings): DryRun {
  const proxy = new DryProxy(settings)
  // What a usual client would have agreed upon, without a certificate of its own.
  const tls = listener.tls !== null ? new TlsFacts('TLSv1.3', 'TLS_AES_128_GCM_SHA256', '', 'http/1.1', null) : null
  const peer = peerOf({ remoteAddress: client, localPort: port }, listener.trusted, tls)
  const downstream: Downstream = { ...SILENT, peer, answer: (_x, answer) => proxy.answered(answer) }
  const x = new Exchange(downstream, proxy.watched(listener), 0)
  if (listener.protocol === 'tls' || listener.protocol === 'tcp') {
    x.without = listener.protocol === 'tls' ? 'TLS' : 'TCP'
    x.host = listener.protocol === 'tls' ? settings.name : ''
    x.body = BODY.TUNNEL
    proxy.beginTunnel(x)
    return { x, asked: '', ...proxy.outcome }
  }
  const scan = new RequestScan()
  const consumed = parseRequestHead(head, listener.limits, scan)
  const watched = x.listener
  const byHost = (host: string): ServedListener | null => {
    const best = bestFor(settings.sharing, host)
    return best?.name === listener.name ? watched : best
  }
  const ref = { current: watched, sharing: settings.sharing.length > 1 ? { byHost } : null }
  const memo = { authority: NOT_A_HOST, host: '' }
  let error = consumed > 0 ? readRequest(scan, x, memo, peer.trusted, consumed, ref) : consumed
  const { bodyBytes } = listener.limits
  if (error === 0 && bodyBytes !== null && x.bodyLength > bodyBytes) error = -ERROR.BODY_LIMIT
  const asked = x.upgrade
  if (error < 0) {
    const { reason, detail } = parseError(error)
    proxy.fail(x, reason, detail)
  } else proxy.begin(x)
  return { x, asked, ...proxy.outcome }
}

/** No Host field can hold it: the first request of a connection has its own looked at. */
const NOT_A_HOST = ' '

const nothing = (): void => {}

const SILENT: Omit<Downstream, 'peer' | 'answer'> = {
  congested: false,
  quick: true,
  respond: nothing,
  data: nothing,
  end: nothing,
  cut: nothing,
  informational: nothing,
  continue: nothing,
  pauseBody: nothing,
  resumeBody: nothing,
}

/** The proxy itself, except that it stops where it would ask an endpoint. */
class DryProxy extends RequestProxy {
  readonly #settings: DryRunSettings
  #binding: RouteBinding | null = null
  #considered: DryRun['considered'] = null
  #upstream: Upstream | null = null
  #endpoint: Endpoint | null = null
  #filters: WatchedChain | null = null
  #answer: LocalAnswer | null = null
  #detail = ''
  #choice = 0

  constructor(settings: DryRunSettings) {
    // Deadlines that nobody turns: none ever passes. The id is always the same, so that answers are.
    super(systemClock, new Deadlines(systemClock), settings.random, theRequestId('explained'))
    this.#settings = settings
    // Who is refused by chance is not refused here: that is a note.
    this.overload.pressure = Math.floor(settings.pressure)
  }

  get outcome(): Omit<DryRun, 'x' | 'asked'> {
    const binding = this.#binding
    return {
      binding,
      considered: this.#considered,
      upstream: this.#upstream ?? binding?.upstreams[this.#choice] ?? null,
      endpoint: this.#endpoint,
      filters: this.#filters?.seen ?? [],
      answer: this.#answer,
      detail: this.#detail,
    }
  }

  /** The listener with counters and a log of its own, whose routes are watched. */
  watched(listener: ServedListener): ServedListener {
    return {
      ...listener,
      counters: new ListenerCounters(),
      noRoute: new ResponseCounters(listener.name, '', ''),
      access: null,
      accessByRoute: null,
      tracer: null,
      onlooker: NO_ONLOOKER,
      route: (x) => {
        // Before filters change what was asked.
        if (this.#settings.others) this.#considered = considerRoutes(listener, x)
        const binding = listener.route(x)
        return binding === null ? null : this.#follow(binding, x)
      },
    }
  }

  #follow(binding: RouteBinding, x: Exchange): RouteBinding {
    const { choice, random } = this.#settings
    this.#binding = binding
    const stays = binding.affinity === null ? -1 : binding.affinity.begin(x)
    this.#choice = choice ?? (stays >= 0 ? stays : chooseByWeight(binding.weights, random))
    const chain = binding.chains?.[this.#choice] ?? null
    this.#filters = chain === null ? null : watchFilters(chain)
    const chains = this.#filters === null ? null : new Array(this.#choice + 1).fill(this.#filters.chain)
    // Whose session it is has been read, and can be read once.
    return { ...binding, affinity: null, chains, split: () => this.#choice }
  }

  answered(answer: LocalAnswer): void {
    this.#answer = answer
    if (this.#detail === '') this.#detail = answer.detail ?? ''
  }

  override fail(x: Exchange, reason: Parameters<RequestProxy['fail']>[1], detail: string, retryAfter?: number): void {
    this.#detail = reason === 'overload' ? 'all requests to routes of this priority are refused' : detail
    super.fail(x, reason, detail, retryAfter)
  }

  override proceed(x: Exchange): void {
    const { undiscovered } = this.#settings
    if (x.binding !== null && x.upstream !== null && !undiscovered.has(x.upstream.name)) x.upstream = upstreamInUse(x)
    const { upstream } = x
    this.#upstream = upstream
    if (upstream !== null && upstream.breaker !== null && !upstream.breaker.passes(x)) {
      const words = breakerInWords(upstream.breaker)
      this.fail(x, 'breaker-open', `the breaker of upstream ${upstream.name} is ${words}`, upstream.breaker.retryAfter)
      return
    }
    if (upstream !== null && !undiscovered.has(upstream.name)) {
      const picker = pickerFor(x, upstream)
      const hash = x.binding === null ? null : hashInUse(x)
      if (hash) x.hash = hash(x, { word: () => Math.floor(this.#settings.random() * 2 ** 32) | 0 })
      this.#endpoint = this.#binding?.affinity?.pick(x) ?? null
      if (this.#endpoint === null)
        this.#endpoint = picker.peek === undefined ? picker.pick(x) : picker.peek(x, this.#settings.random)
      if (this.#endpoint === null) {
        this.fail(x, 'no-endpoint', `upstream ${upstream.name}`)
        return
      }
    }
    if (x.chain?.onResponse) filterResponse(x, x.chain, bareResponse())
  }
}

/** A route may stand in the table more than once: its nearest place counts. */
function considerRoutes(listener: ServedListener, x: Exchange): { route: string; why: string }[] {
  const nearest = new Map<string, string>()
  for (const { value, why } of listener.consider(x)) if (!nearest.has(value.name)) nearest.set(value.name, why())
  return [...nearest].map(([route, why]) => ({ route, why }))
}

function chooseByWeight(weights: readonly number[], random: Random): number {
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0)
  for (const [index, weight] of weights.entries()) {
    left -= weight
    if (left < 0) return index
  }
  return Math.max(0, weights.length - 1)
}
