// A folder of test/golden/gateway-api: objects, what becomes of them, and what requests come to then.

import { isDeepStrictEqual } from 'node:util'
import { stringify } from 'yaml'
import { routeSchema } from '../../../src/config/route-schema.ts'
import { upstreamSchema } from '../../../src/config/upstream-schema.ts'
import { readListener } from '../../../src/kubernetes/gateway-api/listener-config.ts'
import { gatewayApiTranslator } from '../../../src/kubernetes/gateway-api/translate.ts'
import { hash8 } from '../../../src/kubernetes/service-upstream.ts'
import type { Translation, Translator } from '../../../src/kubernetes/translation.ts'
import type { GoldenCase } from '../ingress/golden-case.ts'

const ADDRESSES = { pool: ['10.0.0.80', '10.0.1.0/28'] }

export function translatorOf({ settings }: Pick<GoldenCase, 'settings'>): Translator {
  const replicas = { namespace: 'headgate', name: 'headgate' }
  return gatewayApiTranslator({ controller: 'headgate.dev/gateway', addresses: ADDRESSES, replicas, ...settings })
}

const ROUTE = routeSchema.parse({ name: 'r', to: 'u' })
const UPSTREAM = upstreamSchema.parse({ discovery: { static: ['127.0.0.1:1'] } })
const LISTENER = readListener({ name: 'l', bind: '127.0.0.1:1' }) as object

/** As text, without what is only a default, and without what tests make anew each time. */
export function goldenText({ listeners, routes, upstreams, reports, objects }: Translation): string {
  const shown = {
    listeners: Object.fromEntries(listeners.map(({ name, ...listener }) => [name, beside(listener, LISTENER)])),
    routes: Object.fromEntries(
      routes.map(({ name, ...route }) => [
        name,
        {
          ...beside(route, { ...ROUTE, to: [] }),
          ...(route.match.length === 0
            ? {}
            : {
                match: route.match.map((match) =>
                  beside(match, { path: null, methods: [], headers: [], query: [], cookies: [] }),
                ),
              }),
          ...(route.to.length === 0 ? {} : { to: route.to.map((share) => beside(share, { labels: null, filters: [] })) }),
        },
      ]),
    ),
    upstreams: Object.fromEntries([...upstreams].map(([name, upstream]) => [name, beside(upstream, UPSTREAM)])),
    reports: Object.fromEntries(
      reports.map(({ object: { kind, namespace, name }, problems, status }) => [
        `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`,
        {
          ...(problems.length === 0
            ? {}
            : { problems: problems.map(({ reason, severity, path, message }) => `${severity} ${path} ${reason}: ${message}`) }),
          status: status === null ? null : said(status.wanted),
        },
      ]),
    ),
    ...(objects.length === 0
      ? {}
      : {
          objects: Object.fromEntries(
            objects.map(({ object: { kind, namespace, name }, wanted }) => [
              `${kind} ${namespace}/${name}`,
              wanted === null ? 'is to go' : wanted,
            ]),
          ),
        }),
  }
  const plain = JSON.parse(JSON.stringify(shown), (key, value) => {
    if (key === 'supportedFeatures') return undefined
    return typeof value === 'string' && value.includes('-----BEGIN ') ? '(PEM)' : value
  }) as typeof shown
  return withSteadyNames(plain, [...upstreams.keys()])
}

/** Names of upstreams hold a digest of their certificates, which are made anew each time: here it is one of what is shown. */
function withSteadyNames(shown: { readonly upstreams: Readonly<Record<string, unknown>> }, names: readonly string[]): string {
  const renamed = new Map(
    names
      .filter((name) => JSON.stringify(shown.upstreams[name]).includes('(PEM)'))
      .map((name) => [name, name.replace(/~\w+$/, `~${hash8(shown.upstreams[name]).slice(0, 4)}`)]),
  )
  const entries = Object.entries(shown.upstreams).map(([name, each]) => [renamed.get(name) ?? name, each] as const)
  const upstreams = Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
  let text = stringify({ ...shown, upstreams }, { lineWidth: 0 })
  for (const [name, steady] of renamed) text = text.replaceAll(name, steady)
  return text
}

/** Conditions in a line each. */
function said(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(said)
  if (value === null || typeof value !== 'object') return value
  const { type, status, reason, message, observedGeneration, ...rest } = value as Record<string, unknown>
  if (typeof reason === 'string' && typeof status === 'string')
    return `${type} ${status} ${reason}${status === 'True' && reason === type ? '' : `: ${message}`}${observedGeneration === 1 ? '' : ` (${observedGeneration})`}`
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, said(each)])) as typeof rest
}

function beside(value: object, defaults: object): object {
  const known = new Map(Object.entries(defaults))
  return Object.fromEntries(Object.entries(value).filter(([key, each]) => !isDeepStrictEqual(each, known.get(key))))
}
