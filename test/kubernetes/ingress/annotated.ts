// Ingresses with annotations, and what they come to, checked against the schema of the file.

import { routeSchema } from '../../../src/config/route-schema.ts'
import { upstreamSchema } from '../../../src/config/upstream-schema.ts'
import type { AnnotationEffects, AnnotationLook } from '../../../src/kubernetes/ingress/annotations/effects.ts'
import { readAnnotations } from '../../../src/kubernetes/ingress/annotations/read.ts'
import { upstreamWithPolicy } from '../../../src/kubernetes/policies/followed-policy.ts'
import type { FoundFilter } from '../../../src/kubernetes/policies/route-filters.ts'
import type { KeptSecret } from '../../../src/kubernetes/secret.ts'

export const NGINX = 'nginx.ingress.kubernetes.io/'

const PEM = '-----BEGIN CERTIFICATE-----\nMAo=\n-----END CERTIFICATE-----\n'

const secret = (parts: Partial<KeptSecret>): KeptSecret => ({
  type: 'Opaque',
  uid: '',
  certificate: null,
  trouble: '',
  ca: null,
  keys: [],
  ...parts,
})

const SECRETS: Readonly<Record<string, KeptSecret>> = {
  'shop/ca': secret({ ca: { pem: PEM, trouble: '' } }),
  'shop/pair': secret({ certificate: { cert: PEM, key: PEM }, ca: { pem: PEM, trouble: '' } }),
  'shop/broken': secret({ ca: { pem: null, trouble: 'ca.crt holds no certificate' } }),
  'shop/empty': secret({}),
  'other/ca': secret({ ca: { pem: PEM, trouble: '' } }),
}

export const look: AnnotationLook = {
  secret: (namespace, name) => SECRETS[`${namespace}/${name}`] ?? null,
  service: (namespace, name) =>
    `${namespace}/${name}` === 'shop/sorry'
      ? {
          type: 'ClusterIP',
          externalName: '',
          family: null,
          ports: [{ name: 'http', port: 8080, appProtocol: null }],
          addresses: [],
          own: null,
        }
      : null,
  upstream: (namespace, name, port) => upstreamWithPolicy(namespace, name, port, {}, null),
  filter: (namespace, name) => FILTERS[`${namespace}/${name}`] ?? { reason: 'FilterNotFound', message: 'there is none' },
  configMap: (namespace, name) => (`${namespace}/${name}` === 'shop/headers' ? { 'x-frame-options': 'DENY' } : null),
}

const FILTERS: Readonly<Record<string, FoundFilter>> = {
  'shop/patient': { filters: [{ requestHeaders: { set: { 'x-a': 'b' } } }], route: { timeout: { request: '5s' } } },
}

/** Names without a prefix are those of ingress-nginx. */
export function annotated(annotations: Readonly<Record<string, string>>): AnnotationEffects {
  const named = Object.entries(annotations).map(([name, value]) => [name.includes('/') ? name : NGINX + name, value])
  return readAnnotations(
    {
      namespace: 'shop',
      name: 'web',
      uid: 'u',
      resourceVersion: '1',
      generation: 1,
      createdAt: 0,
      labels: {},
      annotations: Object.fromEntries(named),
    },
    look,
  )
}

/** What the schema of the file has against the effects, in words. */
export function schemaProblems({ route, filters, upstream }: AnnotationEffects): string[] {
  const routes = routeSchema.safeParse({ name: 'r', to: 'u', ...route, filters })
  const upstreams = upstreamSchema.safeParse({ discovery: { static: ['127.0.0.1:1'] }, ...upstream })
  return [routes, upstreams].flatMap(({ error }) =>
    (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`),
  )
}
