// BackendTLSPolicies: how endpoints of Services are connected to by TLS, and which of several policies counts.

import type { Trouble } from './addresses.ts'
import { findCa, type Material } from './certificates.ts'
import type { BackendTlsPolicySpec, Kept } from './kinds.ts'
import { plainRead } from './plain-read.ts'
import type { Same } from './same.ts'

export interface JudgedPolicy {
  readonly object: Kept<BackendTlsPolicySpec>
  readonly unresolved: readonly Trouble[]
  /** Why it cannot be followed; null = it can. */
  readonly refused: Trouble | null
  /** Of the file's words; null where it is refused. */
  readonly tls: object | null
  /** Services that it is for; `section` is the name of a port, '' = all. */
  readonly targets: readonly { readonly service: string; readonly section: string; readonly conflict: string | null }[]
}

/** What counts for a port of a Service. */
export interface ServicePolicy {
  /** `namespace/name`. */
  readonly policy: string
  /** Name of a port; '' = all others. */
  readonly section: string
  /** null = connections must fail. */
  readonly tls: object | null
  readonly why: string
}

/** By `namespace/name` of the Service. */
export type ServicePolicies = ReadonlyMap<string, readonly ServicePolicy[]>

/** `policies`: oldest first. */
export function judgePolicies(policies: readonly Kept<BackendTlsPolicySpec>[], known: Material): JudgedPolicy[] {
  const owners = new Map<string, string>()
  return policies.map((object) => {
    const { meta, spec } = object
    const own = `${meta.namespace}/${meta.name}`
    const targets = (spec.targetRefs ?? []).flatMap(({ group, kind, name, sectionName: section = '' }) => {
      if (group !== '' || kind !== 'Service') return []
      const service = `${meta.namespace}/${name}`
      const owner = owners.get(`${service}:${section}`) ?? own
      owners.set(`${service}:${section}`, owner)
      return [{ service, section, conflict: owner === own ? null : owner }]
    })
    return { object, targets, ...tlsOf(object, known) }
  })
}

export function policiesOfServices(judged: readonly JudgedPolicy[], same: Same<readonly ServicePolicy[]>): ServicePolicies {
  const found = new Map<string, ServicePolicy[]>()
  for (const { object, targets, tls, refused } of judged) {
    const policy = `${object.meta.namespace}/${object.meta.name}`
    for (const { service, section, conflict } of targets) {
      if (conflict !== null) continue
      found.set(service, [...(found.get(service) ?? []), { policy, section, tls, why: refused?.message ?? '' }])
    }
  }
  const kept = new Map([...found].map(([service, list]) => [service, same.keep(service, list)]))
  same.turn()
  return kept
}

/** null = none. One that names the port goes before one for the whole Service. */
export function policyFor(policies: readonly ServicePolicy[] | undefined, port: string): ServicePolicy | null {
  const named = port === '' ? undefined : policies?.find(({ section }) => section === port)
  return named ?? policies?.find(({ section }) => section === '') ?? null
}

function tlsOf(
  { meta, spec }: Kept<BackendTlsPolicySpec>,
  known: Material,
): Pick<JudgedPolicy, 'unresolved' | 'refused' | 'tls'> {
  const {
    caCertificateRefs: refs = [],
    wellKnownCACertificates: wellKnown = '',
    hostname,
    subjectAltNames: names = [],
  } = spec.validation ?? {}
  const by = { kind: 'BackendTLSPolicy', namespace: meta.namespace }
  const reasons = { invalid: 'InvalidCACertificateRef', kindReason: 'InvalidKind' }
  // Such references stay in the namespace.
  const found = refs.map(({ group, kind, name }) =>
    findCa(
      known,
      plainRead,
      by,
      { ...(group === undefined ? {} : { group }), ...(kind === undefined ? {} : { kind }), name },
      reasons,
    ),
  )
  const unresolved = found.filter((each) => typeof each !== 'string')
  const cas = found.filter((each) => typeof each === 'string')
  const refuse = (reason: string, message: string) => ({ unresolved, refused: { reason, message }, tls: null })
  if (refs.length > 0 && cas.length === 0) return refuse('NoValidCACertificate', unresolved[0]?.message ?? '')
  if (refs.length === 0 && wellKnown !== 'System')
    return refuse('Invalid', `validation.wellKnownCACertificates "${wellKnown}" is not supported: only System is`)
  const other = names.find(({ type }) => type !== 'Hostname' && type !== 'URI')
  if (other !== undefined) return refuse('Invalid', `validation.subjectAltNames of type ${other.type} are not supported`)
  const sans = names.map(({ type, hostname: host = '', uri = '' }) => (type === 'URI' ? uri : host))
  const tls = {
    ...(cas.length === 0 ? {} : { ca: cas.join('') }),
    ...(hostname === undefined ? {} : { serverName: hostname }),
    ...(sans.length === 0 ? {} : { sans }),
  }
  return { unresolved, refused: null, tls }
}
