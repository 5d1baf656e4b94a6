// Which Ingresses are ours.

import type { IngressConfig } from '../../config/ingress-schema.ts'
import type { KeptIngress, KeptIngressClass } from './kinds.ts'

/** Older than `spec.ingressClassName`, and still what some write; both together are refused by the API server. */
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class'
const DEFAULT_ANNOTATION = 'ingressclass.kubernetes.io/is-default-class'

export type ClassSettings = Pick<IngressConfig, 'class' | 'controller' | 'default'>

/** Whether Ingresses that name no class are ours. The API server gives the default class to new ones only. */
export function takesUnclassed(
  classes: ReadonlyMap<string, KeptIngressClass>,
  { controller, default: always }: ClassSettings,
): boolean {
  if (always) return true
  return [...classes.values()].some(
    (each) => each.controller === controller && each.meta.annotations[DEFAULT_ANNOTATION] === 'true',
  )
}

/** `unclassed` is what `takesUnclassed` says. */
export function isOurs(
  { meta, spec }: KeptIngress,
  classes: ReadonlyMap<string, KeptIngressClass>,
  settings: ClassSettings,
  unclassed: boolean,
): boolean {
  const { [CLASS_ANNOTATION]: annotated = '' } = meta.annotations
  if (annotated !== '') return annotated === settings.class
  const { ingressClassName: name = '' } = spec
  if (name === '') return unclassed
  const found = classes.get(name)
  return found === undefined ? name === settings.class : found.controller === settings.controller
}
