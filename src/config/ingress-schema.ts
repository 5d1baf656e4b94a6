// `kubernetes.ingress`, `statusAddress` and `leaderElection`: whose Ingresses are served, and what is written about them.

import * as z from 'zod'
import { boolean, name } from './values.ts'
import { block, defaulted, refuse, text } from './written.ts'

export interface IngressConfig {
  /** Name of the IngressClass, for Ingresses that name one by annotation, and for clusters without the object. */
  readonly class: string
  /** IngressClasses that name it as their controller are ours. */
  readonly controller: string
  /** Ingresses that name no class are ours too. */
  readonly default: boolean
  /** Rules of one host may be in several namespaces. */
  readonly sharedHosts: boolean
  /** Names of the listeners that Ingresses are served on. */
  readonly listeners: { readonly http: string; readonly https: string }
}

/** What statuses show as the addresses of this gateway. */
export type StatusAddressConfig =
  | { readonly addresses: readonly string[] }
  /** Those of a Service's load balancer. */
  | { readonly service: { readonly namespace: string; readonly name: string } }

export interface LeaderElectionConfig {
  readonly namespace: string
  readonly name: string
}

/** Of the listeners that Ingresses are served on. */
export const INGRESS_NAMES = { http: 'web', https: 'secure' } as const

/** RFC 1123. */
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

export const objectSubdomain = (what: string) =>
  text(
    what,
    (written) => (written.length <= 253 && SUBDOMAIN.test(written) ? written : refuse(`"${written}" is not ${what}`)),
    { title: 'name' },
  )

/** `example.com/name`, as GatewayClasses and IngressClasses have it. */
export const controllerName = () =>
  text(
    'a domain and a path, as in example.com/name',
    (written) =>
      /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(written) && written.length <= 253
        ? written
        : refuse(`"${written}" is not a domain and a path, as in example.com/name`),
    { title: 'domain/path' },
  )

export const ingress = block({
  class: objectSubdomain('the name of an IngressClass')
    .prefault('headgate')
    .describe('The IngressClass whose Ingresses are served, also where only the old annotation names it.'),
  controller: controllerName()
    .prefault('headgate.dev/ingress')
    .describe('Every IngressClass that names this controller is served.'),
  default: boolean()
    .prefault(false)
    .describe('Serve Ingresses that name no class. An IngressClass that is marked as the default does the same.'),
  sharedHosts: boolean()
    .prefault(true)
    .describe(
      'Rules of one host may be in several namespaces, each with paths of its own. false: a host belongs to the namespace of its oldest rule, and every rule needs a host.',
    ),
  listeners: defaulted({
    http: name().prefault(INGRESS_NAMES.http).describe('Listener for HTTP; made on :80 where the file has none of this name.'),
    https: name()
      .prefault(INGRESS_NAMES.https)
      .describe('Listener for HTTPS; made on :443 where the file has none of this name.'),
  }).describe('Where Ingresses are served.'),
}).transform((written): IngressConfig => written)

const address = text(
  'an IP address or a host name',
  (written) =>
    /^[0-9a-fA-F:.]+$/.test(written) || SUBDOMAIN.test(written)
      ? written
      : refuse(`"${written}" is neither an IP address nor a host name`),
  { title: 'address' },
)

export const serviceName = text(
  'namespace/name of a Service',
  (written): { namespace: string; name: string } | ReturnType<typeof refuse> => {
    const [namespace = '', name = '', ...more] = written.split('/')
    if (more.length > 0 || !SUBDOMAIN.test(namespace) || !SUBDOMAIN.test(name))
      return refuse(`"${written}" is not namespace/name of a Service`)
    return { namespace, name }
  },
  { title: 'namespace/name' },
)

export const statusAddress = z
  .union([z.array(address), block({ service: serviceName.describe('A Service of type LoadBalancer, as namespace/name.') })])
  .prefault([])
  .transform((written): StatusAddressConfig => (Array.isArray(written) ? { addresses: written } : written))

export const leaderElection = defaulted({
  namespace: objectSubdomain('the name of a namespace').prefault('headgate').describe('Where the Lease is.'),
  name: objectSubdomain('the name of a Lease').prefault('headgate').describe('Replicas that share it are one gateway.'),
})
