// From Ingresses to routes, upstreams and certificates: the translator of this source. Pure; it only remembers what it made of
// objects that are still the same.

import { isDeepStrictEqual } from 'node:util'
import type { IngressConfig, StatusAddressConfig } from '../../config/ingress-schema.ts'
import type { ListenerConfig, RouteConfig, UpstreamConfig } from '../../config/model.ts'
import { systemClock } from '../../model/clock.ts'
import { CONFIG_MAPS } from '../config-map.ts'
import { Memo } from '../memo.ts'
import { byAge, referenceTo } from '../object-reference.ts'
import { ROUTE_FILTERS, UPSTREAM_POLICIES } from '../policies/kinds.ts'
import { PolicyBook } from '../policies/policy-book.ts'
import { SECRETS } from '../secret.ts'
import { SERVICES } from '../service.ts'
import type { ClusterView, ObjectReport, Origin, Translation, Translator } from '../translation.ts'
import { type CanaryPart, settleClaims } from './claims.ts'
import { isOurs, takesUnclassed } from './class.ts'
import { guardHosts, guardsOf } from './client-auth.ts'
import { ownersOf } from './hosts.ts'
import { INGRESS_CLASSES, INGRESSES, type KeptIngress, type KeptIngressClass } from './kinds.ts'
import type { IngressPart, Part } from './parts.ts'
import { problem } from './problems.ts'
import { readIngress } from './read-ingress.ts'
import { type PartRoutes, type Places, routesOf } from './routes.ts'
import { SessionCookies } from './session-cookies.ts'
import { showCertificates } from './shown-hosts.ts'
import { statusAddresses, statusIntent } from './status.ts'
import { secureHosts } from './tls.ts'

export interface IngressTranslatorSettings {
  readonly ingress: IngressConfig
  readonly statusAddress: StatusAddressConfig
  /** Milliseconds since the epoch: only what is told of certificates depends on it. */
  readonly wall?: () => number
}

const RESOURCES = [
  INGRESSES,
  INGRESS_CLASSES,
  SERVICES,
  SECRETS,
  CONFIG_MAPS,
  UPSTREAM_POLICIES,
  ROUTE_FILTERS,
] as Translator['resources']

export function ingressTranslator(settings: IngressTranslatorSettings, policies = new PolicyBook()): Translator {
  const translating = new IngressTranslating(settings, policies)
  return { source: 'ingress', resources: RESOURCES, translate: (view) => translating.translate(view) }
}

/** Routes of a part, and what they were made for. */
interface Made {
  readonly canary: CanaryPart | null
  readonly places: Places
  readonly routes: PartRoutes
}

class IngressTranslating {
  readonly #settings: IngressTranslatorSettings
  readonly #policies: PolicyBook
  readonly #memo = new Memo<KeptIngress, IngressPart>()
  readonly #made = new WeakMap<Part, Made>()
  /** Of the last translation, by name. */
  #routes: ReadonlyMap<string, RouteConfig> = new Map()
  #upstreams: ReadonlyMap<string, UpstreamConfig> = new Map()
  #listeners: readonly ListenerConfig[] = []

  constructor(settings: IngressTranslatorSettings, policies: PolicyBook) {
    this.#settings = settings
    this.#policies = policies
  }

  translate(view: ClusterView): Translation {
    const { ingress: own, statusAddress, wall = systemClock.wall } = this.#settings
    const classes = view.objects(INGRESS_CLASSES)
    const services = view.objects(SERVICES)
    const unclassed = takesUnclassed(classes, own)
    const ours = [...view.objects(INGRESSES).values()]
      .filter((ingress) => isOurs(ingress, classes, own, unclassed))
      .sort((a, b) => byAge(a.meta, b.meta))
    const known = {
      services,
      secrets: view.objects(SECRETS),
      configMaps: view.objects(CONFIG_MAPS),
      policies: this.#policies.of(view).attached,
      filters: view.objects(ROUTE_FILTERS),
      plugins: view.plugins,
      secure: secureHosts(ours),
      listeners: view.listeners,
    }
    const { http, https } = own.listeners
    const parts = ours.map((ingress) =>
      this.#memo.of(ingress, Object.values(known), (read) => readIngress(ingress, { ...known, https, read, wall })),
    )
    const owners = ownersOf(parts)
    const claims = settleClaims(parts, own.sharedHosts ? null : owners)
    const shown = showCertificates(parts, owners, view.listeners.get(https)?.tls?.certificates ?? [])
    const { certificates } = shown
    const guards = guardHosts(parts, { listeners: view.listeners, https, certificates, owners })
    const routes = new Map<string, RouteConfig>()
    const origins = new Map<string, Origin>()
    const upstreams = new Map<string, UpstreamConfig>()
    const problems = new Map(parts.map((part) => [part, [...part.problems, ...(claims.problems.get(part) ?? [])]]))
    const cookies = new SessionCookies()
    for (const [owner, problem] of guards.refused) problems.get(owner)?.push(problem)
    for (const [owner, told] of shown.problems) problems.get(owner)?.push(...told)
    for (const owner of parts) {
      for (const part of owner.parts) {
        const hosts = claims.hosts.get(part)
        if (hosts === undefined) continue
        const made = this.#routesOf(owner, part, claims.canaries.get(part) ?? null, {
          hosts,
          http,
          https: [https, ...guardsOf(guards.listeners, hosts)],
          refused: guards.refused.has(owner),
          cookie: cookies.nameFor(owner, part, hosts),
        })
        for (const { route, origin } of made.routes) {
          routes.set(route.name, same(this.#routes.get(route.name), route))
          origins.set(route.name, origin)
        }
        for (const { name, config } of made.upstreams) upstreams.set(name, same(this.#upstreams.get(name), config))
        for (const { owner, problem } of made.problems) problems.get(owner)?.push(problem)
      }
      for (const [name, config] of owner.effects.upstreams) upstreams.set(name, same(this.#upstreams.get(name), config))
    }
    this.#routes = routes
    this.#upstreams = upstreams
    const addresses = statusAddresses(statusAddress, services)
    const reports = parts.map(
      (part): ObjectReport => ({
        object: referenceTo(INGRESSES, part.ingress.meta),
        problems: problems.get(part) ?? [],
        status: statusIntent(part.ingress, addresses),
      }),
    )
    this.#listeners = guards.listeners.map((listener) => {
      const before = this.#listeners.find(({ name }) => name === listener.name)
      return same(before, listener)
    })
    return {
      listeners: this.#listeners,
      certificates: certificates.length === 0 ? new Map() : new Map([[own.listeners.https, certificates]]),
      routes: [...routes.values()],
      upstreams,
      origins,
      reports: [...this.#classReports(classes), ...reports],
      objects: [],
    }
  }

  #routesOf(owner: IngressPart, part: Part, canary: CanaryPart | null, places: Places): PartRoutes {
    const known = this.#made.get(part)
    if (known !== undefined && known.canary?.part === canary?.part && samePlaces(known.places, places)) return known.routes
    const routes = routesOf(owner, part, canary, places)
    this.#made.set(part, { canary, places, routes })
    return routes
  }

  /** Parameters are some other controller's way of settings. */
  #classReports(classes: ReadonlyMap<string, KeptIngressClass>): ObjectReport[] {
    return [...classes.values()]
      .filter(({ controller, parameters }) => parameters && controller === this.#settings.ingress.controller)
      .sort((a, b) => byAge(a.meta, b.meta))
      .map(({ meta }) => ({
        object: referenceTo(INGRESS_CLASSES, meta),
        problems: [
          problem(
            'NotSupported',
            'spec.parameters',
            'no parameters are read: settings are in the configuration file',
            'differs',
          ),
        ],
        status: null,
      }))
  }
}

function samePlaces(a: Places, b: Places): boolean {
  return (
    a.refused === b.refused &&
    a.cookie === b.cookie &&
    a.http === b.http &&
    sameTexts(a.hosts, b.hosts) &&
    sameTexts(a.https, b.https)
  )
}

const sameTexts = (a: readonly string[], b: readonly string[]): boolean =>
  a === b || (a.length === b.length && a.every((text, index) => text === b[index]))

/** By what was made, the equal object that is used instead: it is made once, and looked at each time. */
const equals = new WeakMap<object, object>()

/** What is equal stays the same object. */
function same<Value extends object>(before: Value | undefined, now: Value): Value {
  if (before === undefined || before === now) return now
  if (equals.get(now) === before) return before
  if (!isDeepStrictEqual(before, now)) return now
  equals.set(now, before)
  return before
}
