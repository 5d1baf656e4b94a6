// The kinds of the Gateway API (v1.6, gateway.networking.k8s.io/v1): where they are, and as much of them as is used. Types are by
// hand: what the API server lets through may hold values that are not known here.

import { type KeptMetadata, keepMetadata } from '../object-reference.ts'
import type { RawObject, Resource } from '../resource.ts'

export const GROUP = 'gateway.networking.k8s.io'

export interface Kept<Spec> {
  readonly meta: KeptMetadata
  readonly spec: Spec
  /** As the API server has it. */
  readonly status: unknown
}

type Raw<Spec> = RawObject & { readonly spec?: Spec; readonly status?: unknown }

export type Kind<Spec> = Resource<Raw<Spec>, Kept<Spec>>
/** Whatever is in its `spec`. */
export type AnyKind = Resource<never, Kept<unknown>>

function kind<Spec>(name: string, plural: string, namespaced = true): Kind<Spec> {
  return {
    kind: name,
    group: GROUP,
    version: 'v1',
    plural,
    namespaced,
    prune: (raw) => ({ meta: keepMetadata(raw), spec: raw.spec ?? ({} as Spec), status: raw.status ?? null }),
  }
}

export interface GatewayClassSpec {
  readonly controllerName?: string
  readonly parametersRef?: { readonly group?: string; readonly kind?: string; readonly name?: string }
}

/** An object by group, kind and name, with the defaults of where it stands. */
export interface Ref {
  readonly group?: string
  readonly kind?: string
  readonly namespace?: string
  readonly name: string
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

export interface NamespacesFrom {
  readonly from?: string
  readonly selector?: LabelSelector
}

/** Of a Gateway or a ListenerSet. */
export interface ListenerSpec {
  readonly name: string
  readonly hostname?: string
  readonly port: number
  readonly protocol: string
  readonly tls?: {
    readonly mode?: string
    readonly certificateRefs?: readonly Ref[]
    readonly options?: Readonly<Record<string, string>>
  }
  readonly allowedRoutes?: {
    readonly namespaces?: NamespacesFrom
    readonly kinds?: readonly { readonly group?: string; readonly kind: string }[]
  }
}

export interface ValidationSpec {
  readonly caCertificateRefs?: readonly Ref[]
  readonly mode?: string
}

export interface GatewaySpec {
  readonly gatewayClassName?: string
  readonly listeners?: readonly ListenerSpec[]
  readonly addresses?: readonly { readonly type?: string; readonly value?: string }[]
  readonly allowedListeners?: { readonly namespaces?: NamespacesFrom }
  readonly infrastructure?: {
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly parametersRef?: Ref
  }
  readonly tls?: {
    readonly backend?: { readonly clientCertificateRef?: Ref }
    readonly frontend?: {
      readonly default?: { readonly validation?: ValidationSpec }
      readonly perPort?: readonly { readonly port: number; readonly tls?: { readonly validation?: ValidationSpec } }[]
    }
  }
}

export interface ListenerSetSpec {
  readonly parentRef?: Ref
  readonly listeners?: readonly ListenerSpec[]
}

export interface ParentRef extends Ref {
  readonly sectionName?: string
  readonly port?: number
}

export interface BackendRef extends Ref {
  readonly port?: number
  readonly weight?: number
}

export interface HeaderEdit {
  readonly set?: readonly { readonly name: string; readonly value: string }[]
  readonly add?: readonly { readonly name: string; readonly value: string }[]
  readonly remove?: readonly string[]
}

export interface PathChange {
  readonly type?: string
  readonly replaceFullPath?: string
  readonly replacePrefixMatch?: string
}

/** Of HTTPRoutes and GRPCRoutes: the key that belongs to `type`. */
export interface FilterSpec {
  readonly type: string
  readonly requestHeaderModifier?: HeaderEdit
  readonly responseHeaderModifier?: HeaderEdit
  readonly requestMirror?: {
    readonly backendRef: BackendRef
    readonly percent?: number
    readonly fraction?: { readonly numerator: number; readonly denominator?: number }
  }
  readonly requestRedirect?: {
    readonly scheme?: string
    readonly hostname?: string
    readonly port?: number
    readonly statusCode?: number
    readonly path?: PathChange
  }
  readonly urlRewrite?: { readonly hostname?: string; readonly path?: PathChange }
  readonly cors?: {
    readonly allowOrigins?: readonly string[]
    readonly allowMethods?: readonly string[]
    readonly allowHeaders?: readonly string[]
    readonly exposeHeaders?: readonly string[]
    readonly allowCredentials?: boolean
    readonly maxAge?: number
  }
  readonly extensionRef?: Ref
}

export interface FilteredBackendRef extends BackendRef {
  readonly filters?: readonly FilterSpec[]
}

export interface ValueMatch {
  readonly type?: string
  readonly name: string
  readonly value: string
}

export interface HttpMatch {
  readonly path?: { readonly type?: string; readonly value?: string }
  readonly method?: string
  readonly headers?: readonly ValueMatch[]
  readonly queryParams?: readonly ValueMatch[]
}

export interface GrpcMatch {
  readonly method?: { readonly type?: string; readonly service?: string; readonly method?: string }
  readonly headers?: readonly ValueMatch[]
}

export interface RouteRule<Match> {
  readonly name?: string
  readonly matches?: readonly Match[]
  readonly filters?: readonly FilterSpec[]
  readonly backendRefs?: readonly FilteredBackendRef[]
  readonly timeouts?: { readonly request?: string; readonly backendRequest?: string }
  readonly retry?: { readonly codes?: readonly number[]; readonly attempts?: number; readonly backoff?: string }
  readonly sessionPersistence?: unknown
}

export interface RouteSpec<Match> {
  readonly parentRefs?: readonly ParentRef[]
  readonly hostnames?: readonly string[]
  readonly rules?: readonly RouteRule<Match>[]
}

export type HttpRouteSpec = RouteSpec<HttpMatch>
export type GrpcRouteSpec = RouteSpec<GrpcMatch>
/** TLSRoutes and TCPRoutes: nothing to match beside `hostnames`. */
export type StreamRouteSpec = RouteSpec<never>

export interface ReferenceGrantSpec {
  readonly from?: readonly { readonly group: string; readonly kind: string; readonly namespace: string }[]
  readonly to?: readonly { readonly group: string; readonly kind: string; readonly name?: string }[]
}

export interface BackendTlsPolicySpec {
  readonly targetRefs?: readonly {
    readonly group: string
    readonly kind: string
    readonly name: string
    readonly sectionName?: string
  }[]
  readonly validation?: {
    readonly caCertificateRefs?: readonly Ref[]
    readonly wellKnownCACertificates?: string
    readonly hostname?: string
    readonly subjectAltNames?: readonly { readonly type: string; readonly hostname?: string; readonly uri?: string }[]
  }
  readonly options?: Readonly<Record<string, string>>
}

export const GATEWAY_CLASSES = kind<GatewayClassSpec>('GatewayClass', 'gatewayclasses', false)
export const GATEWAYS = kind<GatewaySpec>('Gateway', 'gateways')
export const LISTENER_SETS = kind<ListenerSetSpec>('ListenerSet', 'listenersets')
export const HTTP_ROUTES = kind<HttpRouteSpec>('HTTPRoute', 'httproutes')
export const GRPC_ROUTES = kind<GrpcRouteSpec>('GRPCRoute', 'grpcroutes')
export const TLS_ROUTES = kind<StreamRouteSpec>('TLSRoute', 'tlsroutes')
export const TCP_ROUTES = kind<StreamRouteSpec>('TCPRoute', 'tcproutes')
export const REFERENCE_GRANTS = kind<ReferenceGrantSpec>('ReferenceGrant', 'referencegrants')
export const BACKEND_TLS_POLICIES = kind<BackendTlsPolicySpec>('BackendTLSPolicy', 'backendtlspolicies')
