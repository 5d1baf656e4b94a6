// Configurations and translations as tests of the control loop make them.

import type { ObjectReport, Translation } from '../../src/compile/cluster.ts'
import type { GatewayConfig, GatewayConfigInput, ListenerConfig, RouteConfig, UpstreamConfig } from '../../src/config/model.ts'
import { normalizeConfig } from '../../src/config/parse.ts'

/** Without an admin API; what is not written has its default. */
export function gatewayConfig(input: Omit<GatewayConfigInput, 'admin'>): GatewayConfig {
  const parsed = normalizeConfig({ admin: 'off', ...input })
  if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors))
  return parsed.config
}

const one = gatewayConfig({
  listeners: [{ name: 'l', bind: '127.0.0.1:1' }],
  routes: [{ name: 'r', to: 'u' }],
  upstreams: { u: { discovery: { static: [] } } },
})

export const listener = (name: string, more: Partial<ListenerConfig> = {}): ListenerConfig => ({
  ...(one.listeners[0] as ListenerConfig),
  name,
  ...more,
})

export const upstream = (more: Partial<UpstreamConfig> = {}): UpstreamConfig => ({
  ...(one.upstreams.u as UpstreamConfig),
  ...more,
})

/** Its name is `OBJECT/N`: of that object. */
export const route = (name: string, to: string, more: Partial<RouteConfig> = {}): RouteConfig => {
  const [first] = one.routes as [RouteConfig]
  return { ...first, name, to: first.to.map((each) => ({ ...each, upstream: to })), ...more }
}

export const report = (name: string, more: Partial<ObjectReport> = {}): ObjectReport => ({
  object: { kind: 'Thing', group: 'test.dev', version: 'v1', plural: 'things', namespace: 'a', name, uid: name },
  problems: [],
  status: null,
  ...more,
})

export function translation(parts: {
  readonly routes?: readonly RouteConfig[]
  readonly upstreams?: Readonly<Record<string, UpstreamConfig>>
  readonly listeners?: readonly ListenerConfig[]
  readonly certificates?: Readonly<Record<string, readonly { cert: string; key: string }[]>>
  readonly reports?: readonly ObjectReport[]
}): Translation {
  const { routes = [], upstreams = {}, listeners = [], certificates = {} } = parts
  const names = new Set(routes.map(({ name }) => name.split('/')[0] as string))
  return {
    routes,
    listeners,
    upstreams: new Map(Object.entries(upstreams)),
    certificates: new Map(
      Object.entries(certificates).map(([name, pairs]) => [
        name,
        pairs.map(({ cert, key }) => ({ cert: { file: '', pem: cert }, key: { file: '', pem: key } })),
      ]),
    ),
    origins: new Map(
      routes.map(({ name }) => [
        name,
        { object: report(name.split('/')[0] as string).object, path: `spec.${name.split('/')[1]}` },
      ]),
    ),
    reports: parts.reports ?? [...names].map((name) => report(name)),
    objects: [],
  }
}
