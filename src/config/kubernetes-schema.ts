// `kubernetes` at the top, and `discovery: { kubernetes }` of an upstream.

import * as z from 'zod'
import { type GatewayApiConfig, gatewayApi } from './gateway-api-schema.ts'
import {
  type IngressConfig,
  ingress,
  type LeaderElectionConfig,
  leaderElection,
  type StatusAddressConfig,
  statusAddress,
} from './ingress-schema.ts'
import type { UpstreamConfig } from './model.ts'
import { block, numberOrText, patternOrEnvironment, refuse, text } from './written.ts'

export interface KubernetesServiceConfig {
  readonly namespace: string
  readonly service: string
  /** Of the Service, by name or number. */
  readonly port: string | number
}

/** Where Kubernetes is, and what of it is looked at. */
export interface KubernetesConfig {
  /** Path, absolute when it came from a configuration file; null = KUBECONFIG if set, else the account of the pod. */
  readonly kubeconfig: string | null
  /** Sorted, each once; empty = all. */
  readonly namespaces: readonly string[]
  /** null = Ingresses are not served. */
  readonly ingress: IngressConfig | null
  /** null = Gateways are not served. */
  readonly gatewayApi: GatewayApiConfig | null
  readonly statusAddress: StatusAddressConfig
  readonly leaderElection: LeaderElectionConfig
}

/** Discovery alone. */
export const DEFAULT_KUBERNETES: KubernetesConfig = {
  kubeconfig: null,
  namespaces: [],
  ingress: null,
  gatewayApi: null,
  statusAddress: { addresses: [] },
  leaderElection: { namespace: 'headgate', name: 'headgate' },
}

/** Names of objects (RFC 1123 labels); Services and namespaces are never longer. */
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

export const objectName = (what: string) =>
  text(what, (written) => (LABEL.test(written) ? written : refuse(`"${written}" is not ${what}`)), {
    title: 'name',
    pattern: patternOrEnvironment('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'),
  })

const namespaceName = () => objectName('the name of a namespace')

export const portNameOrNumber = () =>
  numberOrText(
    'the name or number of a port',
    (written) => {
      const isNumber = /^\d+$/.test(written)
      if (isNumber && Number(written) >= 1 && Number(written) <= 65535) return Number(written)
      return LABEL.test(written) && !isNumber ? written : refuse(`"${written}" is not the name or number of a port`)
    },
    { title: 'name or number', type: ['string', 'integer'] },
  )

export const kubernetesService = block({
  namespace: namespaceName().describe('Namespace of the Service.'),
  service: objectName('the name of a Service').describe(
    'Its EndpointSlices are the endpoints; of an ExternalName what DNS says.',
  ),
  port: portNameOrNumber().describe('Port of the Service, by name or number.'),
}).transform((written): KubernetesServiceConfig => written)

const kubeconfig = text(
  'off or the path of a kubeconfig',
  (written) =>
    written === '' || written.includes('\0') ? refuse('this is not the path of a file') : written === 'off' ? null : written,
  { title: 'off | path' },
)

export const kubernetes = block({
  kubeconfig: kubeconfig
    .prefault('off')
    .describe(
      'Path of a kubeconfig, relative to the file it is written in; off = KUBECONFIG if set, else the account of the pod.',
    ),
  namespaces: z.array(namespaceName()).prefault([]).describe('Namespaces that are looked at; none = all.'),
  ingress: ingress.optional().describe('Serve Ingresses; absent: none; {} = with the defaults.'),
  gatewayApi: gatewayApi.optional().describe('Serve Gateways and their routes (Gateway API); absent: none.'),
  statusAddress: statusAddress.describe('What the status of an Ingress shows: addresses, or { service: namespace/name }.'),
  leaderElection: leaderElection.describe('The Lease by which replicas agree on who writes statuses and Events.'),
}).transform(
  ({ kubeconfig, namespaces, ingress, gatewayApi, statusAddress, leaderElection }): KubernetesConfig => ({
    kubeconfig,
    namespaces: [...new Set(namespaces)].sort(),
    ingress: ingress ?? null,
    gatewayApi: gatewayApi ?? null,
    statusAddress,
    leaderElection,
  }),
)

/** Whether listeners or routes come from objects. */
export function bringsConfiguration(kubernetes: KubernetesConfig | null): boolean {
  return kubernetes !== null && (kubernetes.ingress !== null || kubernetes.gatewayApi !== null)
}

/** An upstream that is discovered by Kubernetes implies it. */
export function impliedKubernetes(upstreams: Readonly<Record<string, UpstreamConfig>>): KubernetesConfig | null {
  const implied = Object.values(upstreams).some(({ discovery }) => 'kubernetes' in discovery)
  return implied ? DEFAULT_KUBERNETES : null
}
