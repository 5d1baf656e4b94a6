// `kubernetes.gatewayApi`: whose Gateways are served, and on which addresses.

import { isIP } from 'node:net'
import * as z from 'zod'
import { cidr } from './addresses.ts'
import { controllerName } from './ingress-schema.ts'
import { block, later, refuse, text } from './written.ts'

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

const SERVICE = 'kubernetes.gatewayApi.addresses.service'

const ip = text(
  'an IP address',
  (written) => (isIP(written) !== 0 && !written.includes('%') ? written : refuse(`"${written}" is not an IP address`)),
  { title: 'IP address', examples: ['192.0.2.1'] },
)

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
  service: later(SERVICE),
}).transform((written, context): GatewayAddressesConfig => {
  const { pool, shared } = written
  if (pool !== undefined && shared === undefined) return { pool }
  if (shared !== undefined && pool === undefined) return { shared }
  const message = pool === undefined ? 'expected one of pool, shared' : 'pool and shared exclude each other'
  context.addIssue({ code: 'custom', message, input: written })
  return z.NEVER
})

export const gatewayApi = block({
  controller: controllerName()
    .prefault('headgate.dev/gateway')
    .describe('Every GatewayClass that names this controller is served.'),
  addresses: addresses.optional().describe('Where Gateways are served: one of these.'),
}).transform((written, context): GatewayApiConfig => {
  const { controller, addresses: where } = written
  if (where !== undefined) return { controller, addresses: where }
  const message = `without addresses a Gateway gets a Service, and ${SERVICE} is not supported yet: name addresses.pool or addresses.shared`
  context.addIssue({ code: 'custom', message, path: [], input: written })
  return z.NEVER
})
