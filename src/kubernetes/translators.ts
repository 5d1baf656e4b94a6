// The one table of what translates objects, in the order of precedence.

import type { GatewayApiConfig } from '../config/gateway-api-schema.ts'
import type { KubernetesConfig } from '../config/model.ts'
import { gatewayApiTranslator } from './gateway-api/translate.ts'
import { ingressTranslator } from './ingress/translate.ts'
import { PolicyBook } from './policies/policy-book.ts'
import { policyTranslator } from './policies/translate.ts'
import type { Translator } from './translation.ts'

export function translatorsOf({ gatewayApi, ingress, statusAddress, leaderElection }: KubernetesConfig): readonly Translator[] {
  const policies = new PolicyBook()
  const controller = gatewayApi?.controller ?? ingress?.controller
  return [
    ...(gatewayApi === null
      ? []
      : [gatewayApiTranslator({ ...gatewayApi, replicas: replicasIn(gatewayApi) ?? leaderElection }, policies)]),
    ...(ingress === null ? [] : [ingressTranslator({ ingress, statusAddress }, policies)]),
    ...(controller === undefined ? [] : [policyTranslator({ controller, policies })]),
  ]
}

function replicasIn({ addresses }: GatewayApiConfig): { readonly namespace: string; readonly name: string } | null {
  return 'service' in addresses ? addresses.service.replicas : null
}
