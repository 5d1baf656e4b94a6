// The kinds of routes, and how each is translated.

import type { Read } from '../memo.ts'
import type { Around } from './attach.ts'
import type { Backends } from './backend-refs.ts'
import { writeGrpcMatch } from './grpc-route.ts'
import { writeHttpMatch, writeHttpTimes } from './http-route.ts'
import {
  type AnyKind,
  GRPC_ROUTES,
  HTTP_ROUTES,
  type Kept,
  type Kind,
  type RouteSpec,
  type StreamRouteSpec,
  TCP_ROUTES,
  TLS_ROUTES,
} from './kinds.ts'
import type { RouteParts } from './route-parts.ts'
import { type RouteKind, translateRoute } from './routes.ts'
import { translateStreamRoute } from './stream-routes.ts'

export interface TranslatedKind {
  readonly resource: AnyKind
  translate(object: Kept<unknown>, attaching: Around, backends: Backends, read: Read): RouteParts
}

function withRequests<Match>(kind: RouteKind<Match>): TranslatedKind {
  return {
    resource: kind.resource,
    translate: (object, ...rest) => translateRoute(kind, object as Kept<RouteSpec<Match>>, ...rest),
  }
}

function withConnections(resource: Kind<StreamRouteSpec>): TranslatedKind {
  return {
    resource,
    translate: (object, ...rest) => translateStreamRoute(resource, object as Kept<StreamRouteSpec>, ...rest),
  }
}

export const ROUTE_KINDS: readonly TranslatedKind[] = [
  withRequests({ resource: HTTP_ROUTES, carried: 'http', match: writeHttpMatch, times: writeHttpTimes }),
  withRequests({ resource: GRPC_ROUTES, carried: 'grpc', match: writeGrpcMatch, times: () => ({}) }),
  withConnections(TLS_ROUTES),
  withConnections(TCP_ROUTES),
]
