// One configuration of what the file says and what objects of the cluster come to. What cannot be part of it is left out or answered
// with an error, alone: whatever an object says, the rest can be served.

import { checkSharing } from '../config/checks/sharing.ts'
import type { FilterConfig, GatewayConfig, ListenerConfig, RouteConfig, UpstreamConfig } from '../config/model.ts'
import type { ObjectReference } from '../kubernetes/object-reference.ts'
import type { Certificate, ObjectProblem, Origin, Translation } from '../kubernetes/translation.ts'

export interface LeftOut {
  /** By their key, objects of which nothing can be served. */
  readonly objects: ReadonlyMap<string, LeftOutObject>
  /** Addresses that cannot be listened on, and why. */
  readonly addresses: ReadonlyMap<string, string>
  /** No listeners and certificates but those of the file. */
  readonly bare: boolean
}

export interface LeftOutObject {
  readonly why: string
  /** What it matches is answered with an error; or is as if it were not there. */
  readonly how: 'answered' | 'absent'
}

export interface Combined {
  readonly config: GatewayConfig
  /** What is not as the object's own report says, by the key of the object. */
  readonly problems: ReadonlyMap<string, readonly ObjectProblem[]>
  /** Listeners that are not there, and why. */
  readonly refused: ReadonlyMap<string, string>
}

export function objectKey({ group, kind, namespace, name }: ObjectReference): string {
  return `${kind}.${group} ${namespace}/${name}`
}

/** `translations` in the order of precedence. Parts that did not change are the same objects as in the last result. */
export function combine(base: GatewayConfig, translations: readonly Translation[], leftOut: LeftOut): Combined {
  if (translations.length === 0) return { config: base, problems: new Map(), refused: new Map() }
  const refused = new Map<string, string>()
  const listeners = joinListeners(base, leftOut.bare ? [] : translations, leftOut.addresses, refused)
  const find: FindUpstream = (name) => {
    if (Object.hasOwn(base.upstreams, name)) return base.upstreams[name]
    return translations.find(({ upstreams }) => upstreams.has(name))?.upstreams.get(name)
  }
  const problems = new Map<string, ObjectProblem[]>()
  const routes = [...base.routes]
  for (const { routes: translated, origins } of translations) {
    for (const route of translated) {
      const origin = origins.get(route.name)
      const { why, how } = (origin && leftOut.objects.get(objectKey(origin.object))) ?? whyNot(route, find)
      if (why === '') routes.push(route)
      else {
        if (how === 'answered') routes.push(answered(route))
        note(problems, origin, why)
      }
    }
  }
  return { config: { ...base, listeners, routes, upstreams: usedOf(base.upstreams, find, routes) }, problems, refused }
}

/** As the file has it, else the first translation that does. */
type FindUpstream = (name: string) => UpstreamConfig | undefined

/** `why` is '' where nothing is wrong. */
function whyNot({ to, mirror }: RouteConfig, find: FindUpstream): LeftOutObject {
  const leads = ({ upstream }: { readonly upstream: string }): boolean => find(upstream) !== undefined
  if (to.every(leads) && mirror.every(leads)) return FINE
  const unknown = [...to, ...mirror].find((each) => !leads(each))
  return { why: `there is no upstream "${unknown?.upstream}"`, how: 'answered' }
}

const FINE: LeftOutObject = { why: '', how: 'answered' }

function joinListeners(
  base: GatewayConfig,
  translations: readonly Translation[],
  unusable: ReadonlyMap<string, string>,
  refused: Map<string, string>,
): readonly ListenerConfig[] {
  const own = base.listeners.map((listener) => withCertificates(listener, translations))
  const further = translations.flatMap(({ listeners }) => listeners)
  if (further.length === 0) return own
  const names = new Set(own.map(({ name }) => name))
  const all = [...own]
  for (const listener of further) {
    const bind = listener.bind.filter((address) => !unusable.has(address))
    if (names.has(listener.name)) refused.set(listener.name, `there is a listener "${listener.name}" already`)
    else if (bind.length === 0) refused.set(listener.name, unusable.get(listener.bind[0] as string) as string)
    else all.push(bind.length === listener.bind.length ? listener : { ...listener, bind })
    names.add(listener.name)
  }
  for (const { path, message } of checkSharing({ ...base, listeners: all })) {
    const index = Number(path[1])
    if (index >= own.length) refused.set((all[index] as ListenerConfig).name, message)
  }
  return all.filter(({ name }, index) => index < own.length || !refused.has(name))
}

/** By listener of the file, what it was joined with the last time, and the result. */
const joined = new WeakMap<ListenerConfig, { readonly further: readonly Certificate[]; readonly listener: ListenerConfig }>()

function withCertificates(listener: ListenerConfig, translations: readonly Translation[]): ListenerConfig {
  if (listener.tls === null) return listener
  const seen = new Set(listener.tls.certificates.map(({ cert }) => cert.pem))
  const further: Certificate[] = []
  for (const certificate of translations.flatMap(({ certificates }) => certificates.get(listener.name) ?? [])) {
    const asked = [certificate.cert.pem, ...(certificate.hosts ?? [])].join('\n')
    if (seen.has(certificate.cert.pem) || seen.has(asked)) continue
    seen.add(asked)
    further.push(certificate)
  }
  if (further.length === 0) return listener
  const before = joined.get(listener)
  if (before?.further.length === further.length && before.further.every((each, i) => each === further[i]))
    return before.listener
  const { certificates, strictSni } = listener.tls
  // Whoever brings the first certificate of all must not be shown for everybody's hosts.
  const strict = strictSni || certificates.length === 0
  const made = { ...listener, tls: { ...listener.tls, certificates: [...certificates, ...further], strictSni: strict } }
  joined.set(listener, { further, listener: made })
  return made
}

const REFUSED: FilterConfig = { type: 'respond', options: { reason: 'refused-object', detail: '' } }
const answers = new WeakMap<RouteConfig, RouteConfig>()

/** Takes the same requests, so that they do not fall through to a broader route. */
function answered(route: RouteConfig): RouteConfig {
  const made = answers.get(route) ?? {
    ...route,
    filters: [REFUSED],
    to: [],
    affinity: null,
    hash: null,
    retry: null,
    hedge: null,
    mirror: [],
    accessLog: null,
  }
  answers.set(route, made)
  return made
}

function note(problems: Map<string, ObjectProblem[]>, origin: Origin | undefined, message: string): void {
  if (origin === undefined) return
  const key = objectKey(origin.object)
  const problem: ObjectProblem = { reason: 'NotServed', message, path: origin.path, severity: 'refused' }
  problems.set(key, [...(problems.get(key) ?? []), problem])
}

/** Those of the file, and of the others what a route leads to. */
function usedOf(
  own: GatewayConfig['upstreams'],
  find: FindUpstream,
  routes: readonly RouteConfig[],
): Readonly<Record<string, UpstreamConfig>> {
  const used: Record<string, UpstreamConfig> = { ...own }
  const names = new Set<string>()
  for (const { to, mirror } of routes) {
    for (const { upstream } of to) names.add(upstream)
    for (const { upstream } of mirror) names.add(upstream)
  }
  // What is added while it runs is come to as well.
  for (const name of names) {
    const upstream = find(name)
    if (upstream === undefined) continue
    used[name] = upstream
    for (const standIn of upstream.failover) names.add(standIn)
  }
  return used
}
