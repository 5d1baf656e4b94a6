// `kubernetes.gatewayApi`: whose Gateways are served, and on which addresses.

import { isIP } from 'node:net'
import * as z from 'zod'
import { cidr } from './addresses.ts'
import { controllerName, serviceName } from './ingress-schema.ts'
import { block, choice, patternOrEnvironment, refuse, text } from './written.ts'

export interface GatewayApiConfig {
  /** GatewayClasses that name it as their controller are ours. */
  readonly controller: string
  readonly addresses: GatewayAddressesConfig
}

export type GatewayAddressesConfig =
  /** Addresses and CIDRs: each Gateway gets one of them for itself. */
  | { readonly pool: readonly string[] }
  /** Every Gateway is on all of them. */
  | { readonly shared: readonly string[] }
  /** Each Gateway gets a Service of its own. */
  | { readonly service: GatewayServiceConfig }

export interface GatewayServiceConfig {
  readonly type: 'LoadBalancer' | 'NodePort' | 'ClusterIP'
  /** Of which ports of the pods are taken, both ends included. */
  readonly ports: { readonly from: number; readonly to: number }
  /** That of the Services, where they are reached from outside. */
  readonly externalTrafficPolicy: 'Local' | 'Cluster'
  /** What these ports are listened on. */
  readonly bind: string
  /** The Service whose endpoints are the replicas of this gateway; null = the one with the name and namespace of the Lease. */
  readonly replicas: { readonly namespace: string; readonly name: string } | null
}

const ip = text(
  'an IP address',
  (written) => (isIP(written) !== 0 && !written.includes('%') ? written : refuse(`"${written}" is not an IP address`)),
  { title: 'IP address', examples: ['192.0.2.1'] },
)

const portRange = text(
  'a range of ports such as 10000-10999',
  (written): GatewayServiceConfig['ports'] | ReturnType<typeof refuse> => {
    const [, from, to] = (/^(\d{1,5})-(\d{1,5})$/.exec(written) ?? []).map(Number)
    if (from === undefined || to === undefined || from < 1 || to > 65_535)
      return refuse(`expected a range of ports such as 10000-10999; got "${written}"`)
    return from > to ? refuse(`the range ${written} is empty`) : { from, to }
  },
  { title: 'port-port', pattern: patternOrEnvironment('^\\d{1,5}-\\d{1,5}$'), examples: ['10000-10999'] },
)

const service = block({
  type: choice('type of Service', ['LoadBalancer', 'NodePort', 'ClusterIP'])
    .prefault('LoadBalancer')
    .describe('How the Services are reached: by a load balancer, by a port of each node, or from inside of the cluster.'),
  ports: portRange
    .prefault('10000-10999')
    .describe('Ports of the pods that are given to ports of Gateways; a port keeps the one that it was given.'),
  externalTrafficPolicy: choice('externalTrafficPolicy', ['Local', 'Cluster'])
    .prefault('Local')
    .describe(
      'Local keeps the addresses of clients: only nodes with a replica take connections. Not looked at with ClusterIP.',
    ),
  bind: ip.prefault('0.0.0.0').describe('What these ports are listened on; "::" where pods have IPv6 addresses.'),
  replicas: serviceName
    .optional()
    .describe(
      'The Service of this gateway itself, as namespace/name: its ready endpoints are the replicas. Left out: the one with the namespace and name of leaderElection.',
    ),
}).transform((written): GatewayServiceConfig => ({ ...written, replicas: written.replicas ?? null }))

const SERVICE_DEFAULTS: GatewayServiceConfig = service.parse({})

const addresses = block({
  pool: z
    .array(cidr())
    .min(1, 'at least one address is needed')
    .optional()
    .describe(
      'Each Gateway gets one of these addresses, and its listeners are bound there; spec.addresses of a Gateway picks one.',
    ),
  shared: z
    .array(ip)
    .min(1, 'at least one address is needed')
    .optional()
    .describe(
      'All Gateways are on these addresses, told apart by port and host; of two that are not, the older one is served.',
    ),
  service: service
    .optional()
    .describe('Each Gateway gets a Service in its own namespace, which leads to ports of the pods of this gateway.'),
}).transform((written, context): GatewayAddressesConfig => {
  const { pool, shared, service } = written
  const given = Object.entries(written).flatMap(([key, value]) => (value === undefined ? [] : [key]))
  if (given.length > 1)
    context.addIssue({ code: 'custom', message: `${given.join(' and ')} exclude each other`, input: written })
  if (pool !== undefined) return { pool }
  if (shared !== undefined) return { shared }
  return { service: service ?? SERVICE_DEFAULTS }
})

export const gatewayApi = block({
  controller: controllerName()
    .prefault('headgate.dev/gateway')
    .describe('Every GatewayClass that names this controller is served.'),
  addresses: addresses.prefault({}).describe('Where Gateways are served: one of these; left out: service.'),
}).transform((written): GatewayApiConfig => written)
