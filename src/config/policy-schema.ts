// What objects of a cluster may say of upstreams and routes: the words of the file, without those that reach into the gateway itself.
// Whoever may write such an object must not be able to read the gateway's files and variables with it.

import * as z from 'zod'
import { affinityKeys } from './affinity-schema.ts'
import { someFiltersSchema } from './filters-schema.ts'
import { objectSubdomain } from './ingress-schema.ts'
import { objectName, portNameOrNumber } from './kubernetes-schema.ts'
import { routeKeys } from './route-schema.ts'
import { upstreamTlsKeys } from './tls-schema.ts'
import { upstreamKeys } from './upstream-schema.ts'
import { block, choice, offOr } from './written.ts'

const { discovery: _discovery, tls: _tls, failover: _failover, ...tuning } = upstreamKeys
const { serverName, sans, verify } = upstreamTlsKeys

const tls = block({
  caCertificateRefs: z
    .array(
      block({
        kind: choice('kind', ['ConfigMap', 'Secret']).prefault('ConfigMap').describe('What holds it.'),
        name: objectSubdomain('the name of an object').describe('In the namespace of the policy; the CA is its entry ca.crt.'),
      }),
    )
    .max(8)
    .prefault([])
    .describe('CAs that are trusted; empty = those that the machine trusts.'),
  serverName,
  sans,
  clientCertificateRef: block({
    name: objectSubdomain('the name of a Secret').describe(
      'A Secret of type kubernetes.io/tls, in the namespace of the policy.',
    ),
  })
    .optional()
    .describe('Our certificate, for endpoints that ask for one.'),
  verify,
})

const targetRef = block({
  group: z.literal('', { error: 'Services have the group ""' }).prefault('').describe('"": that of Services.'),
  kind: choice('kind', ['Service']).prefault('Service').describe('Service.'),
  name: objectName('the name of a Service').describe('In the namespace of the policy.'),
  sectionName: objectName('the name of a port').optional().describe('Name of a port of the Service; left out: all ports.'),
})

/** `spec` of an UpstreamPolicy: an upstream of the file, for Services. */
export const upstreamPolicySpec = block({
  targetRefs: z
    .array(targetRef)
    .min(1, 'at least one Service is needed')
    .max(16, 'at most 16 Services')
    .describe('Services of this namespace that it is for. One that names a port goes before one for the whole Service.'),
  ...tuning,
  tls: tls.optional().describe('TLS to endpoints; {} = with the defaults. A BackendTLSPolicy goes before it.'),
  failover: z
    .array(
      block({
        name: objectName('the name of a Service').describe('In the namespace of the policy.'),
        port: portNameOrNumber().describe('Port of the Service, by name or number.'),
      }),
    )
    .max(8)
    .prefault([])
    .describe('Services to use, in order, when this one has no usable endpoint.'),
})

const { secret: _secret, ...affinityWithout } = affinityKeys
/** Those that may stand in objects. What names files, variables or addresses that only the gateway reaches is not among them. */
const FILTERS = [
  'requestHeaders',
  'responseHeaders',
  'rewrite',
  'redirect',
  'respond',
  'cors',
  'bodyLimit',
  'errorPages',
  'faults',
  'clientCert',
  'plugin',
] as const

const { timeout, retry, hedge, hash, priority, websocket, upgrades } = routeKeys

/** `spec` of a RouteFilter: a part of a route of the file. */
export const routeFilterSpec = block({
  filters: someFiltersSchema(FILTERS, 'in the configuration file').describe(
    'What happens on the way, in the order written; each item has one key, the name of a filter.',
  ),
  timeout,
  retry,
  hedge,
  affinity: z
    .union([offOr('{ cookie: hg }'), block(affinityWithout)])
    .optional()
    .describe(
      'Requests of one session go to the same endpoint while that can be used: by a cookie of the gateway, or by a header.',
    ),
  hash,
  priority,
  websocket,
  upgrades,
})
