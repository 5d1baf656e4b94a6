// backendRefs: what is named must be a Service that may be named, with a port that speaks what the route carries.

import type { RouteConfig } from '../../config/model.ts'
import type { Read } from '../memo.ts'
import { findPort, type KeptService, type ServicePort, speechOf } from '../service.ts'
import { type NamedUpstream, upstreamOfService, type WrittenUpstream } from '../service-upstream.ts'
import type { Trouble } from './addresses.ts'
import type { KeyPair } from './certificates.ts'
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
  readonly made: Made
}

/** What the schema made before. */
export interface Made {
  readonly upstreams: Remembered<NamedUpstream>
  readonly routes: Remembered<RouteConfig>
}

export interface Resolved {
  readonly upstream: NamedUpstream
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
): Resolved | Unusable {
  const { group = '', kind = 'Service', namespace = by.namespace, name, port } = ref
  const wrong = (reason: string, message: string): Unusable => ({ reason, message, unresolved: true })
  if (group !== '' || kind !== 'Service')
    return wrong('InvalidKind', `${kind}${group === '' ? '' : `.${group}`} "${name}" is not a Service`)
  const key = `${namespace}/${name}`
  if (!permits(known.grants, read, by, { group, kind, namespace, name }))
    return wrong(
      'RefNotPermitted',
      `no ReferenceGrant in ${namespace} lets a ${by.kind} of ${by.namespace} name the Service ${key}`,
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
  const tls = policy?.tls == null ? null : { ...policy.tls, ...clientCertificate }
  const written = wishOf(found, carried, tls)
  if (written === null)
    return {
      ...wrong(
        'UnsupportedProtocol',
        `port ${port} of the Service ${key} speaks ${found.appProtocol}, which cannot carry gRPC`,
      ),
      ...at,
    }
  const words = [namespace, name, found, written] as const
  const upstream = known.made.upstreams.make(JSON.stringify(words), null, () => upstreamOfService(...words))
  if (typeof upstream === 'string')
    return { ...wrong('UnsupportedValue', `the Service ${key} cannot be an upstream: ${upstream}`), ...at }
  return { upstream, ...at }
}

/** What is wanted beside what the port says; null = it cannot be had. */
function wishOf(port: ServicePort, carried: Carried, tls: object | null): WrittenUpstream | null {
  const speech = speechOf(port)
  const ending = tls === null ? {} : { tls }
  if (carried === 'http') return ending
  if (carried === 'grpc') {
    if (speech?.protocol === 'http1') return null
    return speech?.protocol === 'h2' ? ending : { protocol: 'h2', ...ending }
  }
  // Bytes go as they are, whatever the port says about them.
  if (speech === null) return ending
  return { protocol: 'http1', ...(tls === null && !speech.tls ? {} : { tls: tls ?? undefined }) }
}
