// A folder of test/golden/ingress: objects, what becomes of them, and what requests come to then.

import { existsSync, readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { parse, parseAllDocuments, stringify } from 'yaml'
import type { GatewayConfig } from '../../../src/config/model.ts'
import { normalizeConfig } from '../../../src/config/parse.ts'
import { routeSchema } from '../../../src/config/route-schema.ts'
import { upstreamSchema } from '../../../src/config/upstream-schema.ts'
import { type ExplainView, explainRequest } from '../../../src/explain/explain.ts'
import { ingressTranslator } from '../../../src/kubernetes/ingress/translate.ts'
import type { ObjectReport, Translation, Translator } from '../../../src/kubernetes/translation.ts'
import { clusterView, type Manifest } from '../../support/cluster-view.ts'

/** `GET http://a.example/x` (with `-H 'name: value'` behind it) → what it comes to. */
export interface Asked {
  readonly ask: string
  /** Name of the listener; left out: the one that the URL points at. */
  readonly on?: string
  readonly route?: string | null
  readonly upstream?: string
  readonly status?: number
  readonly location?: string
}

export interface GoldenCase {
  readonly folder: string
  /** In words. */
  readonly about: string
  readonly manifests: readonly Manifest[]
  readonly requests: readonly Asked[]
  /** Keys of `kubernetes` in the file. */
  readonly settings: object
}

export function readCase(folder: string): GoldenCase {
  const { about, settings = {}, requests } = parse(readFileSync(`${folder}/case.yaml`, 'utf8'))
  const manifests = parseAllDocuments(readFileSync(`${folder}/in.yaml`, 'utf8')).map((each) => each.toJS() as Manifest)
  return { folder, about, manifests, requests, settings }
}

/** What the file says, before anything is translated. */
export function baseConfig({ settings }: Pick<GoldenCase, 'settings'>): GatewayConfig {
  const parsed = normalizeConfig({ kubernetes: { ingress: {}, ...settings } })
  if ('errors' in parsed) throw new Error(parsed.errors.map(({ message }) => message).join('\n'))
  return parsed.config
}

export function translatorOf({ kubernetes }: GatewayConfig): Translator {
  if (kubernetes?.ingress == null) throw new Error('no Ingress is asked for')
  return ingressTranslator({ ingress: kubernetes.ingress, statusAddress: kubernetes.statusAddress })
}

export function viewOf(base: GatewayConfig, manifests: readonly Manifest[]) {
  return clusterView(manifests, new Map(base.listeners.map((listener) => [listener.name, listener])))
}

/** The whole configuration. */
export function joined(base: GatewayConfig, { listeners, certificates, routes, upstreams }: Translation): GatewayConfig {
  return {
    ...base,
    listeners: [...base.listeners, ...listeners].map((listener) => {
      const { tls, name } = listener
      if (tls === null) return listener
      return { ...listener, tls: { ...tls, certificates: [...tls.certificates, ...(certificates.get(name) ?? [])] } }
    }),
    routes: [...base.routes, ...routes],
    upstreams: { ...base.upstreams, ...Object.fromEntries(upstreams) },
  }
}

/** Of routes that lead somewhere, where annotations say nothing: told by translate.test.ts, and left out here. */
const RETRY = { attempts: 3, on: ['connect-failure', 'refused-stream', 'reset'] }
const ROUTE = routeSchema.parse({ name: 'r', to: 'u', retry: RETRY })
const UPSTREAM = upstreamSchema.parse({ discovery: { static: ['127.0.0.1:1'] } })

/** As text, without what is only a default, and without what tests make anew each time. */
export function goldenText({ listeners, certificates, routes, upstreams, origins, reports }: Translation): string {
  const shown = {
    routes: routes.map((route) => ({
      from: fromWhere(origins, route.name),
      ...beside(route, { ...ROUTE, to: [], name: '', ...(route.to.length > 0 ? {} : { retry: null }) }),
      match: route.match.map((match) => beside(match, { methods: [], headers: [], query: [], cookies: [] })),
      to: route.to.map((share) => beside(share, { labels: null, filters: [] })),
    })),
    upstreams: Object.fromEntries([...upstreams].map(([name, upstream]) => [name, beside(upstream, UPSTREAM)])),
    listeners,
    certificates: Object.fromEntries([...certificates].map(([name, list]) => [name, list.length])),
    reports: reports.map(({ object: { kind, namespace, name }, problems, status }) => ({
      object: `${kind} ${namespace}/${name}`,
      problems: problems.map(({ reason, severity, path, message }) => ({ reason, severity, path, message })),
      status: status === null ? null : status.wanted,
    })),
  }
  return stringify(
    JSON.parse(JSON.stringify(shown), (_key, value) =>
      typeof value === 'string' && value.includes('-----BEGIN ') ? '(PEM)' : value,
    ),
    { lineWidth: 0 },
  ).replaceAll(/secure~[0-9a-f]{8}/g, 'secure~(of the CA)')
}

function fromWhere(origins: Translation['origins'], name: string): string {
  const { object, path } = origins.get(name) ?? {}
  return `${object?.kind} ${object?.namespace}/${object?.name} ${path}`
}

function beside(value: object, defaults: object): object {
  const known = new Map(Object.entries(defaults))
  return Object.fromEntries(Object.entries(value).filter(([key, each]) => !isDeepStrictEqual(each, known.get(key))))
}

export const problemsOf = (reports: readonly ObjectReport[]): string[] =>
  reports.flatMap(({ object, problems }) => problems.map(({ reason }) => `${object.namespace}/${object.name} ${reason}`))

/** What a request comes to, in the keys that `asked` has. */
export function answerTo(view: ExplainView, { ask, on, ...wanted }: Asked): object | string {
  const [line = '', ...fields] = ask.split(/ -H /)
  const [method = '', url = ''] = line.split(' ')
  const headers = fields.map((field) => field.replace(/^'(.*)'$/, '$1').split(/: (.*)/s) as [string, string])
  const told = explainRequest(
    view,
    { method, url, headers, listener: on ?? null, client: null, seed: 1 },
    { choice: null, others: false },
  )
  if (typeof told === 'string') return told
  const { explanation, answer } = told
  const found = {
    route: explanation.route,
    upstream: explanation.upstream,
    status: explanation.answer?.status ?? null,
    location: /^location: (.*)\r$/m.exec(answer?.fields ?? '')?.[1] ?? null,
  }
  return Object.fromEntries(Object.keys(wanted).map((key) => [key, found[key as keyof typeof found]]))
}

export const hasExpectation = (folder: string): boolean => existsSync(`${folder}/expected.yaml`)
