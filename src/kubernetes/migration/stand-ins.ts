// A cluster in which everything exists that Ingresses refer to: what is judged is what they say, not what is missing around them.

import type { V1Ingress, V1IngressBackend } from '@kubernetes/client-node'
import { listenerSchema } from '../../config/listener-schema.ts'
import type { ListenerConfig } from '../../config/model.ts'
import { PREFIXES } from '../ingress/annotations/table.ts'
import { INGRESSES, type KeptIngress } from '../ingress/kinds.ts'
import type { RawObject, Resource } from '../resource.ts'
import { type KeptSecret, SECRETS } from '../secret.ts'
import { type KeptService, SERVICES, type ServicePort } from '../service.ts'
import type { ClusterView } from '../translation.ts'

const PEM = '-----BEGIN CERTIFICATE-----\nMAo=\n-----END CERTIFICATE-----\n'

const SECRET: KeptSecret = {
  type: 'Opaque',
  uid: '',
  certificate: { cert: PEM, key: PEM },
  trouble: '',
  ca: { pem: PEM, trouble: '' },
  keys: [],
}

const OF_SECRETS = ['auth-tls-secret', 'proxy-ssl-secret']
const OF_SERVICES = ['default-backend']

export const LISTENERS = { http: 'web', https: 'secure' } as const

/** Whatever class they have, they are ours; certificates are not looked at. */
export function keptOf(raw: V1Ingress & RawObject): KeptIngress {
  const { meta, spec, status } = INGRESSES.prune(raw)
  const { 'kubernetes.io/ingress.class': _, ...annotations } = meta.annotations
  const { ingressClassName: __, tls, ...rest } = spec
  const named = Array.isArray(tls) ? tls.map(({ hosts }) => ({ hosts })) : undefined
  return {
    meta: { ...meta, annotations },
    spec: { ...rest, ...(named === undefined ? {} : { tls: named }) },
    status,
  } as KeptIngress
}

export function viewOf(ingresses: readonly KeptIngress[]): ClusterView {
  const found = new Map<unknown, ReadonlyMap<string, unknown>>([
    [INGRESSES, new Map(ingresses.map((each) => [`${each.meta.namespace}/${each.meta.name}`, each]))],
    [SERVICES, servicesOf(ingresses)],
    [SECRETS, new Map(ingresses.flatMap((each) => namedBy(each, OF_SECRETS)).map((name) => [name, SECRET]))],
  ])
  return {
    objects: <Kept>(resource: Resource<never, Kept>) => (found.get(resource) ?? new Map()) as ReadonlyMap<string, Kept>,
    listeners: listeners(),
    unusable: new Map(),
    plugins: new Map(),
  }
}

function listeners(): Map<string, ListenerConfig> {
  const { http, https } = LISTENERS
  const tls = { certificates: [{ cert: PEM, key: PEM }] }
  const written = [
    { name: http, bind: '0.0.0.0:80', protocol: 'http' },
    { name: https, bind: '0.0.0.0:443', protocol: 'https', tls },
  ]
  return new Map(written.map((each) => [each.name, listenerSchema.parse(each) as ListenerConfig]))
}

/** `namespace/name` of what annotations name. */
function namedBy({ meta }: KeptIngress, annotations: readonly string[]): string[] {
  return annotations.flatMap((name) =>
    PREFIXES.flatMap((prefix) => {
      const written = meta.annotations[prefix + name]?.trim()
      return written === undefined ? [] : [written.includes('/') ? written : `${meta.namespace}/${written}`]
    }),
  )
}

function servicesOf(ingresses: readonly KeptIngress[]): Map<string, KeptService> {
  const ports = new Map<string, ServicePort[]>()
  const add = (name: string, { name: port, number }: { readonly name?: string; readonly number?: number }): void => {
    const known = ports.get(name) ?? []
    known.push({ name: port ?? '', port: number ?? 80, appProtocol: null })
    ports.set(name, known)
  }
  for (const ingress of ingresses) {
    const { namespace } = ingress.meta
    for (const { service } of backendsOf(ingress)) if (service != null) add(`${namespace}/${service.name}`, service.port ?? {})
    for (const name of namedBy(ingress, OF_SERVICES)) add(name, { number: 80 })
  }
  const made = [...ports].map(
    ([name, ports]) => [name, { type: 'ClusterIP', externalName: '', family: null, addresses: [], own: null, ports }] as const,
  )
  return new Map(made)
}

function backendsOf({ spec }: KeptIngress): V1IngressBackend[] {
  const ofRules = (spec.rules ?? []).flatMap(({ http }) => (http?.paths ?? []).map(({ backend }) => backend))
  return [...ofRules, ...(spec.defaultBackend == null ? [] : [spec.defaultBackend])].filter((each) => each != null)
}
