// Sessions by a cookie of the gateway's own, which names the endpoint that the session began with.

import type { Affinity } from '../model/affinity.ts'
import { takeCookie } from '../model/cookie-fields.ts'
import type { Endpoint } from '../model/endpoint.ts'
import type { Exchange } from '../model/exchange.ts'
import type { ResponseHead } from '../model/message.ts'
import type { Subset } from '../model/subset.ts'
import type { Upstream } from '../model/upstream.ts'
import { PART_LENGTH, type SessionNames } from './session-names.ts'

/** An upstream, or a part of one, that may serve the route, and which of the route's list it serves for. */
export interface Reach {
  readonly upstream: Upstream
  /** null = all of it. */
  readonly subset: Subset | null
  readonly choice: number
  /** As `SessionNames.partOf`. */
  readonly part: string
  /** Sessions may stay with it. */
  readonly serves: () => boolean
}

export interface CookieSettings {
  readonly name: string
  /** Milliseconds; null = until the client ends. */
  readonly ttl: number | null
}

export class CookieAffinity implements Affinity {
  private readonly name: string
  private readonly attributes: string
  private readonly names: SessionNames
  /** Those of the route's list before those that stand in for them. */
  private readonly reach: readonly Reach[]

  constructor({ name, ttl }: CookieSettings, names: SessionNames, reach: readonly Reach[]) {
    this.name = name
    this.attributes = `; Path=/${ttl === null ? '' : `; Max-Age=${Math.ceil(ttl / 1000)}`}; HttpOnly; SameSite=Lax`
    this.names = names
    this.reach = reach
  }

  begin(x: Exchange): number {
    const { value, fields } = takeCookie(x.fields, this.name)
    if (value === null) return -1
    // It is for us: endpoints have nothing to read out of it.
    x.fields = fields
    for (const { upstream, choice, part, serves } of this.reach) {
      if (!value.startsWith(part)) continue
      if (!serves()) return -1
      x.session = this.names.find(upstream, value.slice(PART_LENGTH))
      return choice
    }
    return -1
  }

  pick(x: Exchange): Endpoint | null {
    const { session } = x
    return session !== null && this.isUsable(x, session) && x.tried?.includes(session) !== true ? session : null
  }

  /** Health comes first; and what stands in for an upstream has other endpoints. */
  private isUsable({ upstream, subset }: Exchange, session: Endpoint): boolean {
    if (upstream?.endpoints.get(session.address) !== session) return false
    return upstream.roster?.keeps(session, subset?.upstream === upstream ? subset : null) === true
  }

  answered(x: Exchange, head: ResponseHead, endpoint: Endpoint): void {
    const { session, upstream } = x
    if (endpoint === session || upstream === null) return
    const here = this.reach.find((each) => each.upstream === upstream && each.choice === x.choice)
    if (here === undefined) return
    // Another one was quicker, or the first try failed. Who had to be left has lost the session.
    const left = session !== null && x.retries > 0 && x.tried?.includes(session) === true
    if (session !== null && !left && this.isUsable(x, session)) return
    const secure = x.downstream.peer.secure ? '; Secure' : ''
    const value = here.part + this.names.nameOf(upstream, endpoint)
    head.fields += `set-cookie: ${this.name}=${value}${this.attributes}${secure}\r\n`
  }

  says(x: Exchange): string {
    const { session } = x
    if (session === null)
      return `affinity: no cookie ${this.name} names an endpoint: the balancer decides, and the answer sets it`
    const named = `affinity: the cookie ${this.name} names ${session.address}`
    return this.isUsable(x, session)
      ? named
      : `${named}, which cannot be used now: the balancer decides, and the answer renews it`
  }
}
