// The one table of what translates objects, in the order of precedence.

import type { KubernetesConfig } from '../config/model.ts'
import { gatewayApiTranslator } from './gateway-api/translate.ts'
import { ingressTranslator } from './ingress/translate.ts'
import type { Translator } from './translation.ts'

export function translatorsOf({ gatewayApi, ingress, statusAddress }: KubernetesConfig): readonly Translator[] {
  return [
    ...(gatewayApi === null ? [] : [gatewayApiTranslator(gatewayApi)]),
    ...(ingress === null ? [] : [ingressTranslator({ ingress, statusAddress })]),
  ]
}
