// One part of an Ingress, with its canary, as routes.

import type { RouteConfig } from '../../config/model.ts'
import { referenceTo } from '../object-reference.ts'
import type { NamedUpstream } from '../service-upstream.ts'
import type { ObjectProblem, Origin } from '../translation.ts'
import type { Written } from './annotations/effects.ts'
import { type Asked, type CanaryPlan, planCanary } from './canary.ts'
import type { CanaryPart } from './claims.ts'
import { hostHeader } from './hosts.ts'
import { INGRESSES } from './kinds.ts'
import type { Ending, IngressPart, Part } from './parts.ts'
import { problem, refusal } from './problems.ts'
import { readRoute } from './read-route.ts'

export interface RouteOfPart {
  readonly route: RouteConfig
  readonly origin: Origin
}

export interface PartRoutes {
  /** Where they ask for as much of a request, the first one wins. */
  readonly routes: readonly RouteOfPart[]
  readonly upstreams: readonly NamedUpstream[]
  readonly problems: readonly { readonly owner: IngressPart; readonly problem: ObjectProblem }[]
}

/** Where a part is served. */
export interface Places {
  readonly hosts: readonly string[]
  /** Names of listeners. */
  readonly http: string
  readonly https: readonly string[]
  /** Nothing of its Ingress can be protected as it asks for. */
  readonly refused: boolean
  /** Name of the session cookie; null = there is none. */
  readonly cookie: string | null
}

export function routesOf(owner: IngressPart, part: Part, canary: CanaryPart | null, places: Places): PartRoutes {
  const made = new Making(owner, part, places)
  const ending = places.refused
    ? refusal('refused-object', 'the certificates of clients that are asked for cannot be')
    : part.ending
  if (part.toHttps !== null && ending.type !== 'refusal') {
    // What the request came with, or what a trusted proxy says of it: where TLS ends before us nobody is sent round in circles.
    const asked = { headers: { 'x-forwarded-proto': 'http' } }
    made.add(`${part.name}/to-https`, asked, { filters: [{ redirect: { scheme: 'https', code: part.toHttps } }] }, [
      places.http,
    ])
  }
  const plan = canary === null ? null : planCanary(owner, ending, canary)
  for (const { name, asked, ending } of plan?.routes ?? [])
    made.add(name, asked, made.keysOf(ending), undefined, canary ?? { owner, part })
  made.add(part.name, {}, made.keysOf(ending, plan?.share ?? null))
  return made
}

class Making implements PartRoutes {
  readonly routes: RouteOfPart[] = []
  readonly upstreams: NamedUpstream[] = []
  readonly problems: { owner: IngressPart; problem: ObjectProblem }[] = []
  readonly #owner: IngressPart
  readonly #part: Part
  readonly #places: Places

  constructor(owner: IngressPart, part: Part, places: Places) {
    this.#owner = owner
    this.#part = part
    this.#places = places
  }

  /** What cannot be a route keeps its matches and refuses. */
  add(
    name: string,
    asked: Asked,
    keys: Written,
    listeners: readonly string[] = [this.#places.http, ...this.#places.https],
    { owner, part }: CanaryPart = { owner: this.#owner, part: this.#part },
  ): void {
    const origin = { object: referenceTo(INGRESSES, owner.ingress.meta), path: part.at }
    const match = this.#match(asked)
    const where = { name, listeners, hosts: this.#places.hosts.filter((host) => host !== ''), match: [match] }
    const route = readRoute({ ...where, ...keys })
    if (typeof route !== 'string') {
      this.routes.push({ route, origin })
      return
    }
    this.tell(owner, part.at, route)
    const refused = readRoute({ ...where, ...REFUSED })
    if (typeof refused !== 'string') this.routes.push({ route: refused, origin })
  }

  tell(owner: IngressPart, at: string, message: string): void {
    const told = problem('InvalidRule', at, message, 'refused')
    if (!this.problems.some(({ problem }) => problem.message === told.message)) this.problems.push({ owner, problem: told })
  }

  keysOf(ending: Ending, share: CanaryPlan['share'] = null): Written {
    if (ending.type === 'refusal')
      return { filters: [{ respond: { reason: ending.reason, detail: ending.detail.slice(0, 1000) } }] }
    const { route, filters: asked, clientAuth } = this.#owner.effects
    // Where there is no TLS there is no certificate either.
    const filters = clientAuth?.mode === 'require' ? [{ clientCert: {} }, ...asked] : asked
    const { rewrite } = this.#part
    if (ending.type === 'answer') return { filters: [...filters, ...ending.filters] }
    const { upstream, standIns } = ending
    const shares = [{ upstream, standIns, weight: share === null ? 1 : share.total - share.weight }]
    if (share !== null) shares.push({ upstream: share.upstream, standIns: share.standIns, weight: share.weight })
    const used = shares.filter(({ weight }) => weight > 0)
    this.upstreams.push(...used.flatMap((each) => [each.upstream, ...each.standIns]))
    const to = used.map(({ upstream: { name }, weight }) => ({ upstream: name, weight: used.length === 1 ? 1 : weight }))
    const { cookie } = this.#places
    const session = cookie === null ? {} : { affinity: { ...(route.affinity as object), cookie } }
    return { retry: FURTHER_TRIES, ...route, ...session, filters: [...filters, ...rewrite], to }
  }

  #match({ headers = {}, cookies = {} }: Asked): Written {
    const { type, value } = this.#part.path
    return {
      path: { [type]: value },
      headers: { ...hostHeader(this.#places.hosts), ...headers },
      cookies,
    }
  }
}

/**
 * Where annotations say nothing. Of a Deployment that is updated several pods end at the same time, before anybody knows: one further
 * try would meet the next of them. Costs nothing while no connection could be made, and stays within the budget otherwise.
 */
const FURTHER_TRIES = { attempts: 3, on: ['connect-failure', 'refused-stream', 'reset'] }

const REFUSED = {
  filters: [{ respond: { reason: 'refused-object', detail: 'the Ingress asks for a route that cannot be made' } }],
}
