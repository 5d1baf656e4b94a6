// backendRefs: what is named must be a Service that may be named, with a port that speaks what the route carries.

import type { RouteConfig } from '../../config/model.ts'
import type { Read } from '../memo.ts'
import type { PortReference } from '../policies/kinds.ts'
import { type AttachedPolicies, policyOf } from '../policies/policy-book.ts'
import { findPort, type KeptService, type ServicePort, speechOf } from '../service.ts'
import { type NamedUpstream, upstreamOfService, type WrittenUpstream } from '../service-upstream.ts'
import type { Trouble } from './addresses.ts'
import type { KeyPair } from './certificates.ts'
import type { Extensions } from './extensions.ts'
import { type Asker, type Grants, permits } from './grants.ts'
import type { BackendRef } from './kinds.ts'
import { policyFor, type ServicePolicies } from './policies.ts'
import type { Remembered } from './remembered.ts'

/** `stream`: bytes, `passthrough`: bytes that are TLS already. */
export type Carried = 'http' | 'grpc' | 'stream' | 'passthrough'

export interface Backends {
  readonly services: ReadonlyMap<string, KeptService>
  readonly grants: Grants
  readonly policies: ServicePolicies
  readonly upstreamPolicies: AttachedPolicies
  readonly extensions: Extensions
  readonly made: Made
}

/** What the schema made before. */
export interface Made {
  readonly upstreams: Remembered<NamedUpstream>
  readonly routes: Remembered<RouteConfig>
}

export interface Resolved {
  readonly upstream: NamedUpstream
  /** Who stands in for it, and for those. */
  readonly standIns: readonly NamedUpstream[]
  /** `namespace/name` of the Service, and the name of its port. */
  readonly service: string
  readonly port: string
}

/** Something that is wrong with a reference, though not with how it is written. */
export interface Unusable extends Trouble {
  /** false: told by the object that is the reason, not by the route. */
  readonly unresolved: boolean
  readonly service?: string
  readonly port?: string
}

export function resolve(
  ref: BackendRef,
  by: Asker,
  carried: Carried,
  clientCertificate: KeyPair | null,
  known: Backends,
  read: Read,
  seen: Map<string, Resolved | null> = new Map(),
): Resolved | Unusable {
  const { group = '', kind = 'Service', namespace = by.namespace, name, port } = ref
  const wrong = (reason: string, message: string): Unusable => ({ reason, message, unresolved: true })
  if (group !== '' || kind !== 'Service')
    return wrong('InvalidKind', `${kind}${group === '' ? '' : `.${group}`} "${name}" is not a Service`)
  const key = `${namespace}/${name}`
  if (!permits(known.grants, read, by, { group, kind, namespace, name }))
    return wrong(
      'RefNotPermitted',
      `no ReferenceGrant in ${namespace} lets ${by.kind}s of ${by.namespace} name the Service ${key}`,
    )
  const service = read(known.services, key)
  if (service === undefined) return wrong('BackendNotFound', `there is no Service ${key}`)
  if (port === undefined) return wrong('UnsupportedValue', `the reference to the Service ${key} names no port`)
  const found = findPort(service, port)
  if (found === null) return wrong('BackendNotFound', `the Service ${key} has no port ${port} for TCP`)
  const at = { service: key, port: found.name }
  const policy = carried === 'passthrough' ? null : policyFor(read(known.policies, key), found.name)
  if (policy !== null && policy.tls === null)
    return {
      reason: 'NoValidCACertificate',
      message: `the BackendTLSPolicy ${policy.policy} cannot be followed: ${policy.why}`,
      unresolved: false,
      ...at,
    }
  const attached = policyOf(read(known.upstreamPolicies, key), found.name)
  if (attached?.words === null)
    return {
      reason: 'UpstreamPolicyNotFollowed',
      message: `the UpstreamPolicy ${attached.policy} cannot be followed: ${attached.why}`,
      unresolved: false,
      ...at,
    }
  const base: WrittenUpstream = attached?.words ?? {}
  const written = wishOf(found, carried, base, ownTls(policy?.tls ?? null, base, clientCertificate))
  if (written === null)
    return {
      ...wrong(
        'UnsupportedProtocol',
        `port ${port} of the Service ${key} speaks ${found.appProtocol}, which cannot carry gRPC`,
      ),
      ...at,
    }
  const standIns = (attached?.failover ?? []).flatMap((each) => {
    const place = `${namespace}/${each.name}:${each.port}`
    const asked = { name: each.name, port: findNumber(known, read, namespace, each) }
    const made =
      seen.get(place) ?? resolve(asked, { kind: 'Service', namespace }, carried, clientCertificate, known, read, seen)
    const usable = 'reason' in made ? null : made
    seen.set(place, usable)
    return usable ?? []
  })
  const failover = standIns.length === 0 ? {} : { failover: standIns.map((each) => each.upstream.name) }
  const followed = { ...base, ...failover }
  const words = [namespace, name, found, written, followed] as const
  const upstream = known.made.upstreams.make(JSON.stringify(words), null, () => upstreamOfService(...words))
  if (typeof upstream === 'string')
    return { ...wrong('UnsupportedValue', `the Service ${key} cannot be an upstream: ${upstream}`), ...at }
  return { upstream, standIns: [...new Set(standIns.flatMap((each) => [each.upstream, ...each.standIns]))], ...at }
}

/** Ports of Services are named by number; what a policy names has been found. */
function findNumber({ services }: Backends, read: Read, namespace: string, { name, port }: PortReference): number {
  const service = read(services, `${namespace}/${name}`)
  return (service === undefined ? null : findPort(service, port))?.port ?? 0
}

/** What is not as an UpstreamPolicy has it: a BackendTLSPolicy, and the certificate of the Gateway. */
function ownTls(asked: object | null, { tls }: WrittenUpstream, clientCertificate: KeyPair | null): object | null {
  if (asked !== null) return { ...asked, ...clientCertificate }
  const shown = clientCertificate === null || tls === undefined || Object.hasOwn(Object(tls), 'cert')
  return shown ? null : { ...Object(tls), ...clientCertificate }
}

/** What is wanted beside what the port and an UpstreamPolicy (`base`) say; null = it cannot be had. */
function wishOf(port: ServicePort, carried: Carried, base: WrittenUpstream, tls: object | null): WrittenUpstream | null {
  const speech = speechOf(port)
  const ending = tls === null ? {} : { tls }
  if (carried === 'http') return ending
  if (carried === 'grpc') {
    const protocol = base.protocol ?? speech?.protocol
    if (protocol === 'http1') return null
    return protocol === 'h2' ? ending : { protocol: 'h2', ...ending }
  }
  // Bytes go as they are, whatever is said about them.
  const wrapped = speech?.tls === true || base.tls !== undefined
  const follows = carried === 'stream' && base.tls !== undefined
  // The protocol stands beside it, so that it is another upstream than the one with TLS.
  if (tls === null && wrapped && !follows) return { protocol: 'http1', tls: undefined }
  return { ...(speech === null && base.protocol === undefined ? {} : { protocol: 'http1' }), ...ending }
}
