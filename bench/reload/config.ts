// A large configuration, whole and with one thing changed, as whoever watches a cluster makes it: what does not change stays the
// same object.

import type { GatewayConfig, ListenerConfig, ListenerTlsConfig, RouteConfig, UpstreamConfig } from '../../src/config/model.ts'
import { normalizeConfig } from '../../src/config/parse.ts'

export interface Size {
  readonly routes: number
  readonly upstreams: number
  readonly endpoints: number
  /** `127.0.0.1:53` = endpoints are found by asking there; null = they stand in the configuration. */
  readonly resolver: string | null
}

/** Two hosts a route, as an Ingress or HTTPRoute has them; each upstream is used by some routes. */
export function largeConfig({ routes, upstreams, endpoints, resolver }: Size): GatewayConfig {
  const discovery = (i: number) =>
    resolver === null
      ? { static: Array.from({ length: endpoints }, (_, j) => `127.${1 + (i >> 8)}.${i & 255}.${j + 1}:8080`) }
      : { dns: { name: `s${i}.test`, port: 8080, resolver } }
  const parsed = normalizeConfig({
    admin: 'off',
    listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
    routes: Array.from({ length: routes }, (_, i) => ({
      name: `httproute/ns${i % 50}/r${i}/0`,
      hosts: [`r${i}.example.com`, `r${i}.example.org`],
      match: [{ path: { prefix: `/r${i}` } }, { path: { exact: '/healthz' }, methods: ['GET'] }],
      filters: [{ requestHeaders: { set: { 'x-route': `r${i}` } } }],
      to: [{ upstream: `u${i % upstreams}`, weight: 9 }, { upstream: `u${(i + 1) % upstreams}` }],
    })),
    upstreams: Object.fromEntries(Array.from({ length: upstreams }, (_, i) => [`u${i}`, { discovery: discovery(i) }])),
  })
  if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors.slice(0, 3)))
  return parsed.config
}

export function withRouteChanged(config: GatewayConfig, turn: number): GatewayConfig {
  const index = (turn * 37) % config.routes.length
  const route = config.routes[index] as RouteConfig
  const changed: RouteConfig = { ...route, timeout: { ...route.timeout, attempt: 10_000 + turn } }
  return { ...config, routes: config.routes.with(index, changed) }
}

export function withUpstreamChanged(config: GatewayConfig, turn: number): GatewayConfig {
  const name = `u${(turn * 37) % Object.keys(config.upstreams).length}`
  const upstream = config.upstreams[name] as UpstreamConfig
  const changed: UpstreamConfig = { ...upstream, limits: { ...upstream.limits, requests: 1000 + turn } }
  return { ...config, upstreams: { ...config.upstreams, [name]: changed } }
}

/** Equal, and nothing of it the same object: what reading everything anew gives. */
export const copyOf = (config: GatewayConfig): GatewayConfig => structuredClone(config)

export interface Pair {
  readonly cert: string
  readonly key: string
}

/** One listener with many certificates. */
export function certificatesConfig(certificates: readonly Pair[]): GatewayConfig {
  const parsed = normalizeConfig({
    admin: 'off',
    listeners: [{ name: 'secure', bind: '127.0.0.1:0', protocol: 'https', tls: { certificates: [...certificates] } }],
    routes: [{ name: 'all', filters: [{ respond: { body: 'hi' } }] }],
    upstreams: {},
  })
  if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors.slice(0, 3)))
  return parsed.config
}

export function withCertificateChanged(config: GatewayConfig, turn: number): GatewayConfig {
  const [listener] = config.listeners as readonly [ListenerConfig]
  const { certificates, ...tls } = listener.tls as ListenerTlsConfig
  const index = (turn * 37) % certificates.length
  const { cert, key } = certificates[index] as ListenerTlsConfig['certificates'][number]
  const changed = { cert: { ...cert, pem: `${cert.pem}# turn ${turn}\n` }, key }
  return { ...config, listeners: [{ ...listener, tls: { ...tls, certificates: certificates.with(index, changed) } }] }
}
