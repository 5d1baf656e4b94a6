// `discovery` of an upstream: one of the ways in which its endpoints are found.

import * as z from 'zod'
import { dnsName, endpointAddress, resolverAddress } from './addresses.ts'
import { kubernetesService } from './kubernetes-schema.ts'
import type { DiscoveryConfig, StaticEndpoint } from './model.ts'
import { boolean, durationOr, integer } from './values.ts'
import { block, choice, oneOrMore } from './written.ts'
import { labels, zoneName } from './zone-schema.ts'

export interface DnsConfig {
  /** Asked as it is written, without a search list; lower case. */
  readonly name: string
  /** Of every address; never null with `a`, not used with `srv`, whose records say it. */
  readonly port: number | null
  /** `a`: A and AAAA records. */
  readonly type: 'a' | 'srv'
  /** Milliseconds between two lookups; null = as the answer's TTL says. */
  readonly refresh: number | null
  /** Asked in this order, `ip:port`; empty = those of the system. */
  readonly resolver: readonly string[]
  /** Addresses that mean this machine, or only its links, count too. */
  readonly local: boolean
}

const endpoint = z.union([
  endpointAddress().transform((address): StaticEndpoint => ({ address, weight: 1, priority: 0, zone: null, labels: {} })),
  block({
    address: endpointAddress().describe('ip:port, [v6]:port, name:port or unix:/path.'),
    weight: integer(0, 65535).prefault(1).describe('Share in relation to the others; 0 = no traffic.'),
    priority: integer(0, 100).prefault(0).describe('Level: 0 is used first, the next ones as priorities says.'),
    zone: zoneName().prefault('').describe('Where it is, for upstreams that prefer their own zone.'),
    labels: labels.prefault({}).describe('Names and values that routes may ask for, as { version: v2 }.'),
  }).transform(({ zone, ...rest }): StaticEndpoint => ({ ...rest, zone: zone || null })),
])

const endpoints = z.array(endpoint).transform((written, context) => {
  const seen = new Map<string, number>()
  for (const [index, { address }] of written.entries()) {
    const path = [index]
    if (seen.has(address))
      context.addIssue({ code: 'custom', message: `the endpoint ${address} is written twice`, path, input: written })
    seen.set(address, index)
  }
  if (written.length > 0 && written.every(({ weight }) => weight === 0)) {
    context.addIssue({ code: 'custom', message: 'all weights are 0', input: written })
  }
  return written
})

const dns = block({
  name: dnsName().describe('The name that is asked for, without a search list.'),
  port: integer(1, 65535)
    .optional()
    .describe('The port of every endpoint, needed with type a; not used with srv, whose records say it.'),
  type: choice('type', ['a', 'srv']).prefault('a').describe('a: A and AAAA records together; srv: SRV records.'),
  refresh: durationOr('ttl', 1000)
    .prefault('ttl')
    .describe('How often it is asked: ttl = as the answer says, at least 1s and at most 5m.'),
  resolver: oneOrMore(resolverAddress())
    .optional()
    .describe('One or more DNS servers, in order; left out: those of the system.'),
  local: boolean()
    .prefault(true)
    .describe(
      'false: addresses that mean this machine or only its links (127.0.0.0/8, 169.254.0.0/16, ::1, fe80::/10 and the like) are left out, for names that somebody else is the master of.',
    ),
}).transform(({ name, port, type, refresh, resolver, local }, context): DnsConfig => {
  if (type === 'a' && port === undefined)
    context.addIssue({ code: 'custom', message: 'with type a a port is needed', input: name })
  return { name, port: port ?? null, type, refresh, resolver: resolver ?? [], local }
})

export const discovery = block({
  static: endpoints.optional().describe('The endpoints, as addresses or { address, weight }.'),
  dns: dns.optional().describe('Endpoints are what a DNS name says, followed while the gateway runs.'),
  kubernetes: kubernetesService
    .optional()
    .describe('Endpoints are those of a Kubernetes Service, followed while the gateway runs.'),
}).transform((written, context): DiscoveryConfig => {
  const { static: list, dns, kubernetes } = written
  const given = [list && 'static', dns && 'dns', kubernetes && 'kubernetes'].filter((each) => each !== undefined)
  if (given.length === 1) {
    if (list !== undefined) return { static: list }
    if (dns !== undefined) return { dns }
    if (kubernetes !== undefined) return { kubernetes }
  }
  const message =
    given.length === 0
      ? 'expected one of static, dns, kubernetes'
      : `${given.join(' and ')} exclude each other: an upstream has one of them`
  context.addIssue({ code: 'custom', message, input: written })
  return z.NEVER
})
