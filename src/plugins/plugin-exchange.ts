// An exchange as a plugin sees it. Made per exchange and plugin, on routes that use one; what it lets through is checked, and when
// its hook is over it changes nothing any more.

import type { Exchange } from '../model/exchange.ts'
import type { LocalAnswer, ResponseHead } from '../model/message.ts'
import { normalizeHost, parseAuthority } from '../model/request-host.ts'
import { normalizePath } from '../model/request-path.ts'
import type { Answered, OwnResponse, PluginRequest, PluginResponse, RequestExchange, ResponseExchange } from '../plugin-api.ts'
import { changeable, FIELDS, type FieldLines, fieldLine, HeaderAccess, HOST } from './header-access.ts'

/** Which hook runs; nothing may be changed in `over`. */
type Phase = 'request' | 'response' | 'over'

export class PluginExchange implements RequestExchange, ResponseExchange {
  readonly #x: Exchange
  #phase: Phase = 'over'
  #head: ResponseHead | null = null
  #answer: LocalAnswer | null = null
  #endpoint: string | null = null
  #request: PluginRequest | null = null
  #response: PluginResponse | null = null
  #state: Map<string, unknown> | null = null

  constructor(x: Exchange) {
    this.#x = x
  }

  /** Before a hook is called. */
  enter(phase: Phase, head: ResponseHead | null): void {
    this.#phase = phase
    this.#head = head
    this.#response = null
    this.#endpoint = this.#x.attempt?.endpoint.address ?? this.#x.tried?.at(-1)?.address ?? this.#endpoint
  }

  /** After it: what it answered, if it did. */
  leave(): LocalAnswer | null {
    const answer = this.#answer
    this.#phase = 'over'
    this.#head = null
    this.#answer = null
    return answer
  }

  get route(): { readonly name: string } {
    return { name: this.#x.binding?.name ?? '' }
  }

  get client(): { readonly ip: string } {
    return { ip: this.#x.client }
  }

  get upstream(): string {
    return this.#x.upstream?.name ?? ''
  }

  get endpoint(): string | null {
    return this.#endpoint
  }

  get state(): Map<string, unknown> {
    this.#state ??= new Map()
    return this.#state
  }

  get request(): PluginRequest {
    this.#request ??= new RequestAccess(this.#x, this)
    return this.#request
  }

  get response(): PluginResponse {
    const head = this.#head
    if (head === null) return { status: this.#x.status } as PluginResponse
    this.#response ??= new ResponseAccess(head, this)
    return this.#response
  }

  respond(response: OwnResponse): Answered {
    if (this.#phase === 'over') throw new Error('it is too late to respond: the exchange has gone on')
    this.#answer = answerOf(response)
    return this.#answer as unknown as Answered
  }

  /** Throws when it is too late. For the parts below; a plugin that calls it learns nothing. */
  expect(phase: Phase): void {
    if (this.#phase === phase) return
    throw new Error(`this cannot be changed any more: the ${phase} has gone on`)
  }
}

/** Accessors of a class, not of an object made per exchange, which would cost microseconds. */
class RequestAccess implements PluginRequest, FieldLines {
  readonly #x: Exchange
  readonly #owner: PluginExchange
  readonly headers: HeaderAccess

  constructor(x: Exchange, owner: PluginExchange) {
    this.#x = x
    this.#owner = owner
    this.headers = new HeaderAccess(this, true)
  }

  get method(): string {
    return this.#x.method
  }

  get path(): string {
    return this.#x.path
  }

  set path(path: string) {
    this.#owner.expect('request')
    this.#x.path = pathOf(path, this.#x)
  }

  get query(): string {
    return this.#x.query
  }

  set query(query: string) {
    this.#owner.expect('request')
    if (typeof query !== 'string' || !/^[\x21\x22\x24-\x7e]*$/.test(query))
      throw new TypeError(`${JSON.stringify(query)} is not a query: visible ASCII without "#"`)
    this.#x.query = query === '' || query === '?' ? '' : query.startsWith('?') ? query : `?${query}`
  }

  get host(): string {
    return normalizeHost(this.#x.authority) ?? this.#x.host
  }

  set host(host: string) {
    this.#owner.expect('request')
    if (typeof host !== 'string' || parseAuthority(host) === null) throw new TypeError(`${JSON.stringify(host)} is not a host`)
    this.#x.authority = host
  }

  get [FIELDS](): string {
    return this.#x.fields
  }

  set [FIELDS](fields: string) {
    this.#owner.expect('request')
    this.#x.fields = fields
  }

  get [HOST](): string {
    return this.#x.authority
  }
}

function pathOf(path: string, x: Exchange): string {
  const plain = typeof path === 'string' && /^\/[\x21\x22\x24-\x3e\x40-\x7e]*$/.test(path)
  const normalized = plain ? normalizePath(path, x.listener.paths) : null
  if (normalized === null) throw new TypeError(`${JSON.stringify(path)} is not a path that the gateway would let through`)
  return normalized
}

class ResponseAccess implements PluginResponse, FieldLines {
  readonly #head: ResponseHead
  readonly #owner: PluginExchange
  readonly headers: HeaderAccess

  constructor(head: ResponseHead, owner: PluginExchange) {
    this.#head = head
    this.#owner = owner
    this.headers = new HeaderAccess(this, false)
  }

  get status(): number {
    return this.#head.status
  }

  set status(status: number) {
    this.#owner.expect('response')
    if (this.#head.status !== status) this.#head.phrase = ''
    this.#head.status = statusOf(status)
  }

  get [FIELDS](): string {
    return this.#head.fields
  }

  set [FIELDS](fields: string) {
    this.#owner.expect('response')
    this.#head.fields = fields
    this.#head.dated = /^date:/im.test(fields)
  }

  get [HOST](): string {
    return ''
  }
}

/** Statuses without content change how a message is framed, so they are left to those who write the whole answer. */
const BODILESS = new Set([204, 205, 304])

function statusOf(status: number): number {
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new TypeError(`${String(status)} is not a status from 200 to 599`)
  if (BODILESS.has(status)) throw new TypeError(`status ${status} has no content: use respond({ status: ${status} })`)
  return status
}

function answerOf({ status = 200, headers = {}, body = '' }: OwnResponse): LocalAnswer {
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new TypeError(`${String(status)} is not a status from 200 to 599`)
  if (typeof body !== 'string') throw new TypeError('respond: body is text')
  if (BODILESS.has(status) && body !== '') throw new TypeError(`respond: status ${status} has no body`)
  let fields = ''
  for (const [name, values] of Object.entries(headers)) {
    changeable(name, false)
    for (const value of [values].flat() as string[]) fields += fieldLine(name, value)
  }
  if (body !== '' && !/^content-type:/im.test(fields)) fields += 'content-type: text/plain; charset=utf-8\r\n'
  return { status, fields, body }
}
