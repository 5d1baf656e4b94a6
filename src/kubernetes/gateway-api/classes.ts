// GatewayClasses that name us as their controller, and what they are told we can do.

import type { StatusIntent } from '../translation.ts'
import { condition, fieldOf, joinConditions } from './conditions.ts'
import type { GatewayClassSpec, Kept } from './kinds.ts'

/** Names of `pkg/features` of the Gateway API, in ascending order. */
export const SUPPORTED_FEATURES = [
  'BackendTLSPolicy',
  'BackendTLSPolicySANValidation',
  'GRPCRoute',
  'GRPCRouteNamedRouteRule',
  'Gateway',
  'GatewayAddressEmpty',
  'GatewayBackendClientCertificate',
  'GatewayFrontendClientCertificateValidation',
  'GatewayFrontendClientCertificateValidationInsecureFallback',
  'GatewayHTTPListenerIsolation',
  'GatewayHTTPSListenerDetectMisdirectedRequests',
  'GatewayInfrastructure',
  'GatewayPort8080',
  'GatewayStaticAddresses',
  'HTTPRoute',
  'HTTPRoute303RedirectStatusCode',
  'HTTPRoute307RedirectStatusCode',
  'HTTPRoute308RedirectStatusCode',
  'HTTPRouteBackendProtocolH2C',
  'HTTPRouteBackendProtocolWebSocket',
  'HTTPRouteBackendRequestHeaderModification',
  'HTTPRouteBackendTimeout',
  'HTTPRouteCORS',
  'HTTPRouteDestinationPortMatching',
  'HTTPRouteHostRewrite',
  'HTTPRouteMethodMatching',
  'HTTPRouteNamedRouteRule',
  'HTTPRouteParentRefPort',
  'HTTPRoutePathRedirect',
  'HTTPRoutePathRewrite',
  'HTTPRoutePortRedirect',
  'HTTPRouteQueryParamMatching',
  'HTTPRouteRequestMirror',
  'HTTPRouteRequestMultipleMirrors',
  'HTTPRouteRequestPercentageMirror',
  'HTTPRouteRequestTimeout',
  'HTTPRouteResponseHeaderModification',
  'HTTPRouteRetry',
  'HTTPRouteRetryBackendTimeout',
  'HTTPRouteRetryConnectionError',
  'HTTPRouteSchemeRedirect',
  'ListenerSet',
  'ReferenceGrant',
  'TCPRoute',
  'TLSRoute',
  'TLSRouteModeMixed',
  'TLSRouteModeTerminate',
].sort()

type GatewayClass = Kept<GatewayClassSpec>

/** Parameters have no kind that is known. */
export function isUsable({ spec }: GatewayClass): boolean {
  return spec.parametersRef === undefined
}

/** null = it is not refused. */
export function refusalOfClass({ spec: { parametersRef } }: GatewayClass): string | null {
  if (parametersRef === undefined) return null
  return `classes have no parameters here: the ${parametersRef.kind} "${parametersRef.name}" of parametersRef cannot be followed, leave it out`
}

export function classStatus(object: GatewayClass): StatusIntent {
  const { meta, status } = object
  const accepted = isUsable(object)
    ? condition('Accepted', true, 'Accepted', 'Gateways of this class are served', meta.generation)
    : condition('Accepted', false, 'InvalidParameters', refusalOfClass(object) ?? '', meta.generation)
  const wanted = {
    ...Object(status),
    conditions: joinConditions(fieldOf(status, 'conditions'), [accepted]),
    supportedFeatures: SUPPORTED_FEATURES.map((name) => ({ name })),
  }
  return { current: status, wanted, resourceVersion: meta.resourceVersion }
}
