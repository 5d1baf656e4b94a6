// The kinds of our own: UpstreamPolicies for Services and RouteFilters for routes, read as they come.

import { routeFilterSpec, upstreamPolicySpec } from '../../config/policy-schema.ts'
import { type KeptMetadata, keepMetadata } from '../object-reference.ts'
import type { RawObject, Resource } from '../resource.ts'
import type { WrittenUpstream } from '../service-upstream.ts'
import { readSpec } from './read-spec.ts'

export const POLICY_GROUP = 'headgate.dev'
export const POLICY_VERSION = 'v1alpha1'

interface KeptObject {
  readonly meta: KeptMetadata
  /** As the API server has it. */
  readonly status: unknown
  /** What is wrong with its `spec`; '' = nothing. */
  readonly wrong: string
}

export interface KeptUpstreamPolicy extends KeptObject {
  readonly targets: readonly PolicyTarget[]
  /** As in the file, without what refers to other objects; empty where it is wrong. */
  readonly words: WrittenUpstream
  /** null = TLS is not asked for. Where it is, nobody may be connected to without. */
  readonly tls: PolicyTls | null
  readonly failover: readonly PortReference[]
}

export interface PolicyTarget {
  readonly name: string
  /** '' = all ports. */
  readonly section: string
}

export interface PortReference {
  readonly name: string
  readonly port: string | number
}

export interface PolicyTls {
  readonly caCertificateRefs?: readonly { readonly kind?: 'ConfigMap' | 'Secret'; readonly name: string }[]
  readonly clientCertificateRef?: { readonly name: string }
  readonly serverName?: string
  readonly sans?: readonly string[]
  readonly verify?: boolean
}

export interface KeptRouteFilter extends KeptObject {
  /** As in the file; empty where it is wrong. */
  readonly filters: readonly object[]
  /** Keys of a route beside them. */
  readonly route: Readonly<Record<string, unknown>>
}

type Raw = RawObject & { readonly spec?: unknown; readonly status?: unknown }

interface WrittenPolicy {
  readonly targetRefs: readonly { readonly name: string; readonly sectionName?: string }[]
  readonly tls?: PolicyTls
  readonly failover?: readonly PortReference[]
}

export const UPSTREAM_POLICIES: Resource<Raw, KeptUpstreamPolicy> = {
  kind: 'UpstreamPolicy',
  group: POLICY_GROUP,
  version: POLICY_VERSION,
  plural: 'upstreampolicies',
  namespaced: true,
  prune(raw) {
    const meta = keepMetadata(raw)
    const status = raw.status ?? null
    const read = readSpec(upstreamPolicySpec, raw.spec)
    if (typeof read === 'string') {
      const { tls } = Object(raw.spec) as { tls?: unknown }
      return {
        meta,
        status,
        wrong: read,
        targets: targetsIn(raw.spec),
        words: {},
        tls: tls === undefined ? null : {},
        failover: [],
      }
    }
    const { targetRefs, tls = null, failover = [], ...words } = read as unknown as WrittenPolicy
    const targets = targetRefs.map(({ name, sectionName = '' }) => ({ name, section: sectionName }))
    return { meta, status, wrong: '', targets, words, tls, failover }
  },
}

/** As far as they can be read. */
function targetsIn(spec: unknown): PolicyTarget[] {
  const { targetRefs } = Object(spec) as { targetRefs?: unknown }
  return (Array.isArray(targetRefs) ? targetRefs : []).slice(0, 16).flatMap((each) => {
    const { name, sectionName = '' } = Object(each) as { name?: unknown; sectionName?: unknown }
    return typeof name === 'string' && typeof sectionName === 'string' ? [{ name, section: sectionName }] : []
  })
}

export const ROUTE_FILTERS: Resource<Raw, KeptRouteFilter> = {
  kind: 'RouteFilter',
  group: POLICY_GROUP,
  version: POLICY_VERSION,
  plural: 'routefilters',
  namespaced: true,
  prune(raw) {
    const meta = keepMetadata(raw)
    const status = raw.status ?? null
    const read = readSpec(routeFilterSpec, raw.spec)
    if (typeof read === 'string') return { meta, status, wrong: read, filters: [], route: {} }
    const { filters = [], ...route } = read as { readonly filters?: readonly object[] }
    return { meta, status, wrong: '', filters, route }
  },
}
