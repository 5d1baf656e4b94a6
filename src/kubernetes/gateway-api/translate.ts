// The Gateway API as parts of a configuration. A pure function of the cluster, but for addresses that a Gateway has and does not show
// yet; a change costs the work of what depends on it.

import type { ListenerConfig, RouteConfig, UpstreamConfig } from '../../config/model.ts'
import { CONFIG_MAPS } from '../config-map.ts'
import { Memo } from '../memo.ts'
import { NAMESPACES } from '../namespace.ts'
import { byAge, referenceTo } from '../object-reference.ts'
import { ROUTE_FILTERS, UPSTREAM_POLICIES } from '../policies/kinds.ts'
import { PolicyBook } from '../policies/policy-book.ts'
import { SECRETS } from '../secret.ts'
import { SERVICES } from '../service.ts'
import type { NamedUpstream } from '../service-upstream.ts'
import type { ClusterView, ObjectProblem, ObjectReport, Origin, StatusIntent, Translator } from '../translation.ts'
import { AddressBook, type AddressSettings, type AddressSource } from './addresses.ts'
import type { Around } from './attach.ts'
import type { Backends } from './backend-refs.ts'
import { classStatus, isUsable } from './classes.ts'
import { GatewayObjects, readyIn } from './gateway-objects.ts'
import { gatewayStatus, listenerSetStatus } from './gateway-status.ts'
import { gatewayOf, type Plan, type PlannedListener, planGateways } from './gateways.ts'
import { type Grants, indexGrants } from './grants.ts'
import {
  type AnyKind,
  BACKEND_TLS_POLICIES,
  GATEWAY_CLASSES,
  GATEWAYS,
  type Kept,
  type Kind,
  LISTENER_SETS,
  type ListenerSetSpec,
  REFERENCE_GRANTS,
  TCP_ROUTES,
} from './kinds.ts'
import { readListener, writtenListener } from './listener-config.ts'
import { type Parent, parentsOf } from './parents.ts'
import { judgePolicies, policiesOfServices, type ServicePolicy } from './policies.ts'
import { policyStatus } from './policy-status.ts'
import { classProblems, gatewayProblems, idleRoute, policyProblems, setProblems } from './problems.ts'
import { Remembered } from './remembered.ts'
import { ROUTE_KINDS, type TranslatedKind } from './route-kinds.ts'
import type { RouteParts } from './route-parts.ts'
import { isAccepted, routeStatus } from './route-status.ts'
import { Same } from './same.ts'
import { ServiceBook } from './service-addresses.ts'
import { OWN_SLICES, type Replicas, replicasOf } from './service-kinds.ts'
import { Steady } from './steady.ts'

export interface GatewayApiSettings {
  /** GatewayClasses that name it are ours. */
  readonly controller: string
  readonly addresses: AddressSettings
  /** The Service whose ready endpoints are the replicas of this gateway; asked for where Gateways have Services. */
  readonly replicas?: { readonly namespace: string; readonly name: string }
}

interface Translated {
  readonly kind: TranslatedKind
  readonly object: Kept<unknown>
  readonly parts: RouteParts
}

export function gatewayApiTranslator(
  { controller, addresses, replicas = OWN_SERVICE }: GatewayApiSettings,
  policyBook = new PolicyBook(),
): Translator {
  const settings = 'service' in addresses ? addresses.service : null
  const pool = 'service' in addresses ? null : new AddressBook(addresses)
  const replicaSlices = replicasOf(replicas)
  const objects = new GatewayObjects(controller)
  const made = { upstreams: new Remembered<NamedUpstream>(), routes: new Remembered<RouteConfig>() }
  const listenersMade = new Remembered<ListenerConfig>()
  const parentCache = new Same<Parent>()
  const policyCache = new Same<readonly ServicePolicy[]>()
  const memo = new Memo<Kept<unknown>, RouteParts>()
  const steady = new Map(ROUTE_KINDS.map((kind) => [kind, new Steady<unknown>()]))
  const reported = new WeakMap<
    Kept<unknown>,
    { readonly parts: RouteParts; readonly idle: string; readonly report: ObjectReport }
  >()
  let grants: Grants = new Map()

  /** The same report while nothing changed: there are many. */
  const reportOf = ({ kind, object, parts }: Translated, idle = ''): ObjectReport => {
    const known = reported.get(object)
    if (known?.parts === parts && known.idle === idle) return known.report
    const problems = idle === '' ? parts.problems : [...parts.problems, idleRoute(idle)]
    const made = report(kind.resource, object, routeStatus(controller, object, parts), problems)
    reported.set(object, { parts, idle, report: made })
    return made
  }

  const translateRoutes = (view: ClusterView, attaching: Around, backends: Backends): Translated[] => {
    const { services, grants, policies, upstreamPolicies, extensions } = backends
    const looked = [services, grants, policies, upstreamPolicies, extensions.filters, extensions.plugins]
    const maps = [attaching.parents, attaching.namespaces, ...looked]
    return ROUTE_KINDS.flatMap((kind) => {
      const objects = [...view.objects(kind.resource).values()]
      return [...(steady.get(kind)?.of(objects) ?? [])].map(([object, first]) => ({
        kind,
        object,
        parts: memo.of(first, maps, (read) => kind.translate(first, attaching, backends, read)),
      }))
    }).sort((a, b) => byAge(a.object.meta, b.object.meta) || compare(a.kind.resource.kind, b.kind.resource.kind))
  }

  return {
    source: 'gateway-api',
    resources: [...RESOURCES, ...(settings === null ? [] : [OWN_SLICES, replicaSlices])] as Translator['resources'],
    translate(view) {
      const classes = sorted(view, GATEWAY_CLASSES).filter(({ spec }) => spec.controllerName === controller)
      const usable = new Set(classes.filter(isUsable).map(({ meta }) => meta.name))
      const gateways = sorted(view, GATEWAYS).filter(({ spec }) => usable.has(spec.gatewayClassName ?? ''))
      const ours = new Set(gateways.map(({ meta }) => `${meta.namespace}/${meta.name}`))
      const sets = groupSets(sorted(view, LISTENER_SETS), ours)
      grants = indexGrants(view.objects(REFERENCE_GRANTS), grants)
      const namespaces = view.objects(NAMESPACES)
      const material = { secrets: view.objects(SECRETS), configMaps: view.objects(CONFIG_MAPS), grants }
      const { listeners: fileListeners, unusable } = view
      const around = { ...material, namespaces, listeners: fileListeners, unusable }
      const services = view.objects(SERVICES)
      const replicasKnown: ReadonlyMap<string, Replicas> = settings === null ? new Map() : view.objects(replicaSlices)
      const book =
        settings === null
          ? null
          : new ServiceBook(settings, controller, {
              services,
              listeners: fileListeners,
              ready: readyIn(replicasKnown),
              replicas: `${replicas.namespace}/${replicas.name}`,
            })
      const planned = planGateways(gateways, sets, (book ?? pool) as AddressSource, around)
      const { plans, listeners } = readListeners(planned, listenersMade)
      const judged = judgePolicies(sorted(view, BACKEND_TLS_POLICIES), material)
      const policies = policiesOfServices(judged, policyCache)
      const upstreamPolicies = policyBook.of(view).attached
      const extensions = { filters: view.objects(ROUTE_FILTERS), plugins: view.plugins }
      const backends = { services, grants, policies, upstreamPolicies, extensions, made }
      const routes = translateRoutes(view, { parents: parentsOf(plans, parentCache), namespaces }, backends)
      const used = new Set<NamedUpstream>()
      const configs: RouteConfig[] = []
      const origins = new Map<string, Origin>()
      for (const { parts } of routes) {
        for (const each of parts.upstreams) used.add(each)
        for (const each of parts.configs) configs.push(each)
        for (const [name, origin] of parts.origins) origins.set(name, origin)
      }
      made.upstreams.keep(() => used)
      made.routes.keep(() => new Set(configs))
      const attached = countAttached(routes)
      const idle = idleStreams(routes)
      const reach = judged.length === 0 ? new Map() : reachOf(routes)
      return {
        listeners,
        certificates: new Map(),
        routes: configs,
        upstreams: byName(used),
        origins,
        reports: [
          ...classes.map((object) => report(GATEWAY_CLASSES, object, classStatus(object), classProblems(object))),
          ...plans.flatMap((plan) => [
            report(GATEWAYS, plan.object, gatewayStatus(plan, attached), gatewayProblems(plan)),
            ...plan.sets.map((set) => report(LISTENER_SETS, set.object, listenerSetStatus(set, attached), setProblems(set))),
          ]),
          ...routes.map((each) => reportOf(each, idle.get(each))),
          ...judged.map((policy) => {
            const status = policyStatus(controller, policy, reach)
            // Those that nobody here reaches may be for another controller.
            return report(BACKEND_TLS_POLICIES, policy.object, status, status === null ? [] : policyProblems(policy))
          }),
        ],
        objects: objects.of(gateways, book === null || settings === null ? null : { book, settings }, {
          gateways: view.objects(GATEWAYS),
          classes: view.objects(GATEWAY_CLASSES),
          services,
          slices: settings === null ? new Map() : view.objects(OWN_SLICES),
          replicas: replicasKnown,
        }),
      }
    },
  }
}

/** As installations have it. */
const OWN_SERVICE = { namespace: 'headgate', name: 'headgate' }

const RESOURCES = [
  GATEWAY_CLASSES,
  GATEWAYS,
  LISTENER_SETS,
  REFERENCE_GRANTS,
  BACKEND_TLS_POLICIES,
  ...ROUTE_KINDS.map(({ resource }) => resource),
  SERVICES,
  SECRETS,
  CONFIG_MAPS,
  UPSTREAM_POLICIES,
  ROUTE_FILTERS,
  NAMESPACES,
]

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function sorted<Spec>(view: ClusterView, kind: Kind<Spec>): Kept<Spec>[] {
  return [...view.objects(kind).values()].sort((a, b) => byAge(a.meta, b.meta))
}

/** By `namespace/name` of the Gateway; those of others are left out. */
function groupSets(sets: readonly Kept<ListenerSetSpec>[], ours: ReadonlySet<string>): Map<string, Kept<ListenerSetSpec>[]> {
  const found = new Map<string, Kept<ListenerSetSpec>[]>()
  for (const set of sets) {
    const gateway = gatewayOf(set)
    if (gateway === null || !ours.has(gateway)) continue
    found.set(gateway, [...(found.get(gateway) ?? []), set])
  }
  return found
}

/** Listeners that the schema refuses are not served. */
function readListeners(
  planned: readonly Plan[],
  cache: Remembered<ListenerConfig>,
): { plans: Plan[]; listeners: ListenerConfig[] } {
  const listeners: ListenerConfig[] = []
  const readOne = (listener: PlannedListener): PlannedListener => {
    if (listener.bind.length === 0) return listener
    const written = writtenListener(listener)
    const config = cache.make(listener.name, written, () => readListener(written))
    if (typeof config !== 'string') {
      listeners.push(config)
      return listener
    }
    return { ...listener, bind: [], judged: { ...listener.judged, refused: { reason: 'UnsupportedValue', message: config } } }
  }
  const plans = planned.map((plan) => ({
    ...plan,
    listeners: plan.listeners.map(readOne),
    sets: plan.sets.map((set) => ({ ...set, listeners: set.listeners.map(readOne) })),
  }))
  cache.keep(() => new Set(listeners))
  return { plans, listeners }
}

function countAttached(routes: readonly Translated[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { parts } of routes) {
    const names = new Set<string>()
    for (const attachment of parts.attachments) {
      if (isAccepted(attachment, parts)) for (const { listener } of attachment.listeners) names.add(listener.name)
    }
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}

/** TCPRoutes that get no connection on a listener, because an older one takes all of them; and how it is called. */
function idleStreams(routes: readonly Translated[]): Map<Translated, string> {
  const found = new Map<Translated, string>()
  const takers = new Map<string, string>()
  for (const each of routes) {
    if (each.kind.resource !== TCP_ROUTES) continue
    const { namespace, name } = each.object.meta
    for (const { listeners } of each.parts.attachments) {
      for (const { listener } of listeners) {
        const taker = takers.get(listener.name)
        if (taker === undefined) takers.set(listener.name, `${namespace}/${name}`)
        else if (taker !== `${namespace}/${name}`) found.set(each, taker)
      }
    }
  }
  return found
}

function reachOf(routes: readonly Translated[]): Map<string, Map<string, Set<string>>> {
  const found = new Map<string, Map<string, Set<string>>>()
  for (const { parts } of routes) {
    for (const { service, port, gateways } of parts.uses) {
      const ports = found.get(service) ?? new Map<string, Set<string>>()
      found.set(service, ports)
      const through = ports.get(port) ?? new Set<string>()
      ports.set(port, through)
      for (const each of gateways) through.add(each)
    }
  }
  return found
}

function byName(upstreams: ReadonlySet<NamedUpstream>): Map<string, UpstreamConfig> {
  return new Map([...upstreams].sort((a, b) => compare(a.name, b.name)).map(({ name, config }) => [name, config]))
}

function report(
  kind: AnyKind,
  object: Kept<unknown>,
  status: StatusIntent | null,
  problems: readonly ObjectProblem[] = [],
): ObjectReport {
  return { object: referenceTo(kind, object.meta), problems, status }
}
