// A whole configuration back in the form in which it is written: what is read from the result is the same configuration.

import type { GatewayAddressesConfig } from '../gateway-api-schema.ts'
import type { KubernetesConfig } from '../kubernetes-schema.ts'
import type {
  AccessLogConfig,
  AdminConfig,
  DrainConfig,
  GatewayConfig,
  LogConfig,
  PluginConfig,
  TestConfig,
  TracingConfig,
} from '../model.ts'
import type { OverloadConfig } from '../overload-schema.ts'
import { gatewaySchema } from '../schema.ts'
import { inside, type Keys, type Written, writeBlock } from './block.ts'
import { AS_IT_IS, type Places } from './files.ts'
import { writeListener } from './listeners.ts'
import { writeRoute } from './routes.ts'
import { writeUpstream } from './upstreams.ts'
import { duration, given, or, same, share, size } from './values.ts'

const DEFAULT = gatewaySchema.parse({})
const BLOCKS = gatewaySchema.parse({ accessLog: {}, tracing: {}, kubernetes: {} })

const DRAIN: Keys<DrainConfig> = { timeout: duration, delay: duration }
const LOG: Keys<LogConfig> = { level: same, format: same }

const ACCESS_LOG: Keys<AccessLogConfig> = {
  file: same,
  format: same,
  sample: share,
  slow: or('off', duration),
  fields: same,
  decision: share,
}

const OVERLOAD: Keys<OverloadConfig> = {
  lag: or('off', duration),
  memory: or('off', share),
  connections: or('off', share),
  buffers: size,
}

function writeAddresses(addresses: GatewayAddressesConfig): unknown {
  if (!('service' in addresses)) return addresses
  const { ports, replicas, ...rest } = addresses.service
  const found = replicas === null ? {} : { replicas: `${replicas.namespace}/${replicas.name}` }
  return { service: { ...rest, ports: `${ports.from}-${ports.to}`, ...found } }
}

const KUBERNETES: Keys<KubernetesConfig> = {
  kubeconfig: or('off', same),
  namespaces: same,
  ingress: given,
  gatewayApi: (api) => (api === null ? undefined : { ...api, addresses: writeAddresses(api.addresses) }),
  statusAddress: (address) =>
    'addresses' in address ? address.addresses : { service: `${address.service.namespace}/${address.service.name}` },
  leaderElection: same,
}

const TEST: Keys<TestConfig> = {
  name: given,
  request: same,
  expect: ({ route, upstream, status, headers }) => ({
    ...(route === null ? {} : { route }),
    ...(upstream === null ? {} : { upstream }),
    ...(status === null ? {} : { status }),
    headers,
  }),
}

function adminKeys({ secret }: Places): Keys<AdminConfig> {
  return {
    bind: same,
    readOnly: same,
    hosts: same,
    token: (token) => (token === null ? undefined : secret(token, 'admin/token')),
  }
}

function tracingKeys({ secret }: Places): Keys<TracingConfig> {
  const otlp: Keys<TracingConfig['otlp']> = {
    endpoint: same,
    protocol: same,
    headers: (headers) =>
      Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, secret(value, `tracing/${name}`)])),
    interval: duration,
  }
  return { service: same, sample: share, propagation: same, otlp: inside(otlp, BLOCKS.tracing?.otlp ?? null) }
}

const writePlugin = ({ path, package: name }: PluginConfig): Written => (path === null ? { package: name } : { path })

/** Keys that have their defaults are left out. */
export function writeConfig(config: GatewayConfig, places: Places = AS_IT_IS): Written {
  const keys: Keys<GatewayConfig> = {
    zone: given,
    workers: same,
    watch: same,
    drain: inside(DRAIN, DEFAULT.drain),
    admin: or('off', inside(adminKeys(places), DEFAULT.admin)),
    via: same,
    trustedProxies: same,
    log: inside(LOG, DEFAULT.log),
    accessLog: or('off', inside(ACCESS_LOG, BLOCKS.accessLog)),
    tracing: or('off', inside(tracingKeys(places), BLOCKS.tracing)),
    overload: or('off', inside(OVERLOAD, DEFAULT.overload)),
    errors: same,
    plugins: (plugins) => plugins.map(writePlugin),
    kubernetes: (kubernetes) => given(kubernetes && writeBlock(kubernetes, KUBERNETES, BLOCKS.kubernetes ?? {})),
    tests: (tests) => tests.map((test) => writeBlock(test, TEST)),
    listeners: (listeners) => listeners.map((each) => writeListener(each, places)),
    routes: (routes) => routes.map((each) => writeRoute(each, places)),
    upstreams: (upstreams) =>
      Object.fromEntries(Object.entries(upstreams).map(([name, each]) => [name, writeUpstream(name, each, places)])),
  }
  return writeBlock(config, keys, DEFAULT)
}
