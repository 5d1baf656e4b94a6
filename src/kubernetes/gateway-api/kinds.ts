// The kinds of the Gateway API (v1.6, gateway.networking.k8s.io/v1): where they are, and as much of them as is used. The API server
// checks values by their CRDs; here only shapes are, so that nothing that a CRD lets through can be stumbled over.

import * as z from 'zod'
import { type KeptMetadata, keepMetadata } from '../object-reference.ts'
import type { RawObject, Resource } from '../resource.ts'

export const GROUP = 'gateway.networking.k8s.io'

export interface Kept<Spec> {
  readonly meta: KeptMetadata
  readonly spec: Spec
  /** As the API server has it. */
  readonly status: unknown
}

type Raw = RawObject & { readonly spec?: unknown; readonly status?: unknown }

export type Kind<Spec> = Resource<Raw, Kept<Spec>>
/** Whatever is in its `spec`. */
export type AnyKind = Resource<never, Kept<unknown>>

const text = z.string().exactOptional()
const number = z.number().exactOptional()
const list = <S extends z.ZodType>(item: S) => z.array(item).readonly().exactOptional()
const maybe = <S extends z.core.$ZodLooseShape>(shape: S) => z.object(shape).exactOptional()
const texts = z.record(z.string(), z.string()).exactOptional()

const parametersRef = z.object({ group: text, kind: text, name: text }).exactOptional()
/** An object by group, kind and name, with the defaults of where it stands. */
const ref = { group: text, kind: text, namespace: text, name: z.string() }

const labelSelector = z.object({
  matchLabels: texts,
  matchExpressions: list(z.object({ key: z.string(), operator: z.string(), values: list(z.string()) })),
})
const namespacesFrom = z.object({ from: text, selector: labelSelector.exactOptional() })

const listener = z.object({
  name: z.string(),
  hostname: text,
  port: z.number(),
  protocol: z.string(),
  tls: maybe({ mode: text, certificateRefs: list(z.object(ref)), options: texts }),
  allowedRoutes: maybe({
    namespaces: namespacesFrom.exactOptional(),
    kinds: list(z.object({ group: text, kind: z.string() })),
  }),
})

const validation = z.object({ caCertificateRefs: list(z.object(ref)), mode: text })

const gatewayClass = z.object({ controllerName: text, parametersRef })

const gateway = z.object({
  gatewayClassName: text,
  listeners: list(listener),
  addresses: list(z.object({ type: text, value: text })),
  allowedListeners: maybe({ namespaces: namespacesFrom.exactOptional() }),
  infrastructure: maybe({ labels: texts, annotations: texts, parametersRef }),
  tls: maybe({
    backend: maybe({ clientCertificateRef: maybe(ref) }),
    frontend: maybe({
      default: maybe({ validation: validation.exactOptional() }),
      perPort: list(z.object({ port: z.number(), tls: maybe({ validation: validation.exactOptional() }) })),
    }),
  }),
})

const listenerSet = z.object({ parentRef: maybe(ref), listeners: list(listener) })

const parentRef = z.object({ ...ref, sectionName: text, port: number })
const backendRef = { ...ref, port: number, weight: number }
const named = z.object({ name: z.string(), value: z.string() })
const headerEdit = z.object({ set: list(named), add: list(named), remove: list(z.string()) })
const pathChange = z.object({ type: text, replaceFullPath: text, replacePrefixMatch: text })

/** Of HTTPRoutes and GRPCRoutes: the key that belongs to `type`. */
const filter = z.object({
  type: z.string(),
  requestHeaderModifier: headerEdit.exactOptional(),
  responseHeaderModifier: headerEdit.exactOptional(),
  requestMirror: maybe({
    backendRef: z.object(backendRef),
    percent: number,
    fraction: maybe({ numerator: z.number(), denominator: number }),
  }),
  requestRedirect: maybe({
    scheme: text,
    hostname: text,
    port: number,
    statusCode: number,
    path: pathChange.exactOptional(),
  }),
  urlRewrite: maybe({ hostname: text, path: pathChange.exactOptional() }),
  cors: maybe({
    allowOrigins: list(z.string()),
    allowMethods: list(z.string()),
    allowHeaders: list(z.string()),
    exposeHeaders: list(z.string()),
    allowCredentials: z.boolean().exactOptional(),
    maxAge: number,
  }),
  extensionRef: maybe(ref),
})

const valueMatch = z.object({ type: text, name: z.string(), value: z.string() })
const httpMatch = z.object({
  path: maybe({ type: text, value: text }),
  method: text,
  headers: list(valueMatch),
  queryParams: list(valueMatch),
})
const grpcMatch = z.object({ method: maybe({ type: text, service: text, method: text }), headers: list(valueMatch) })

const rule = {
  name: text,
  filters: list(filter),
  backendRefs: list(z.object({ ...backendRef, filters: list(filter) })),
  timeouts: maybe({ request: text, backendRequest: text }),
  retry: maybe({ codes: list(z.number()), attempts: number, backoff: text }),
  sessionPersistence: z.unknown().exactOptional(),
}

const route = <Match extends z.ZodType>(match: Match) =>
  z.object({
    parentRefs: list(parentRef),
    hostnames: list(z.string()),
    rules: list(z.object({ ...rule, matches: list(match) })),
  })

const referenceGrant = z.object({
  from: list(z.object({ group: z.string(), kind: z.string(), namespace: z.string() })),
  to: list(z.object({ group: z.string(), kind: z.string(), name: text })),
})

const backendTlsPolicy = z.object({
  targetRefs: list(z.object({ group: z.string(), kind: z.string(), name: z.string(), sectionName: text })),
  validation: maybe({
    caCertificateRefs: list(z.object(ref)),
    wellKnownCACertificates: text,
    hostname: text,
    subjectAltNames: list(z.object({ type: z.string(), hostname: text, uri: text })),
  }),
  options: texts,
})

export type GatewayClassSpec = z.output<typeof gatewayClass>
export type Ref = z.output<z.ZodObject<typeof ref>>
export type LabelSelector = z.output<typeof labelSelector>
export type NamespacesFrom = z.output<typeof namespacesFrom>
/** Of a Gateway or a ListenerSet. */
export type ListenerSpec = z.output<typeof listener>
export type ValidationSpec = z.output<typeof validation>
export type GatewaySpec = z.output<typeof gateway>
export type ListenerSetSpec = z.output<typeof listenerSet>
export type ParentRef = z.output<typeof parentRef>
export type BackendRef = z.output<z.ZodObject<typeof backendRef>>
export type HeaderEdit = z.output<typeof headerEdit>
export type PathChange = z.output<typeof pathChange>
export type FilterSpec = z.output<typeof filter>
export type FilteredBackendRef = BackendRef & { readonly filters?: readonly FilterSpec[] }
export type ValueMatch = z.output<typeof valueMatch>
export type HttpMatch = z.output<typeof httpMatch>
export type GrpcMatch = z.output<typeof grpcMatch>
export type RouteRule<Match> = z.output<z.ZodObject<typeof rule>> & { readonly matches?: readonly Match[] }
export interface RouteSpec<Match> {
  readonly parentRefs?: readonly ParentRef[]
  readonly hostnames?: readonly string[]
  readonly rules?: readonly RouteRule<Match>[]
}
export type HttpRouteSpec = RouteSpec<HttpMatch>
export type GrpcRouteSpec = RouteSpec<GrpcMatch>
/** TLSRoutes and TCPRoutes: nothing to match beside `hostnames`. */
export type StreamRouteSpec = RouteSpec<unknown>
export type ReferenceGrantSpec = z.output<typeof referenceGrant>
export type BackendTlsPolicySpec = z.output<typeof backendTlsPolicy>

function kind<Spec>(name: string, plural: string, shape: z.ZodType<Spec>, namespaced = true): Kind<Spec> {
  return {
    kind: name,
    group: GROUP,
    version: 'v1',
    plural,
    namespaced,
    prune: (raw) => ({ meta: keepMetadata(raw), spec: read(shape, raw.spec), status: raw.status ?? null }),
  }
}

/** Throws where the shape is another one. */
function read<Spec>(shape: z.ZodType<Spec>, spec: unknown = {}): Spec {
  const found = shape.safeParse(spec)
  if (found.success) return found.data
  const [issue] = found.error.issues
  throw new Error(`spec.${issue?.path.join('.')}: ${issue?.message}`)
}

export const GATEWAY_CLASSES = kind<GatewayClassSpec>('GatewayClass', 'gatewayclasses', gatewayClass, false)
export const GATEWAYS = kind<GatewaySpec>('Gateway', 'gateways', gateway)
export const LISTENER_SETS = kind<ListenerSetSpec>('ListenerSet', 'listenersets', listenerSet)
export const HTTP_ROUTES = kind<HttpRouteSpec>('HTTPRoute', 'httproutes', route(httpMatch))
export const GRPC_ROUTES = kind<GrpcRouteSpec>('GRPCRoute', 'grpcroutes', route(grpcMatch))
export const TLS_ROUTES = kind<StreamRouteSpec>('TLSRoute', 'tlsroutes', route(z.unknown()))
export const TCP_ROUTES = kind<StreamRouteSpec>('TCPRoute', 'tcproutes', route(z.unknown()))
export const REFERENCE_GRANTS = kind<ReferenceGrantSpec>('ReferenceGrant', 'referencegrants', referenceGrant)
export const BACKEND_TLS_POLICIES = kind<BackendTlsPolicySpec>('BackendTLSPolicy', 'backendtlspolicies', backendTlsPolicy)
