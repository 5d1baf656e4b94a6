// Which namespaces a Gateway lets routes and ListenerSets come from.

import type { KeptNamespace } from '../namespace.ts'
import type { LabelSelector, NamespacesFrom } from './kinds.ts'

/** `namespace` = where the object is that asks; `own` = where the Gateway or ListenerSet is; `labels` = of that namespace. */
export function admits(
  { from, selector }: NamespacesFrom,
  namespace: string,
  own: string,
  labelsOf: (namespace: string) => KeptNamespace['labels'] | null,
): boolean {
  if (from === 'All') return true
  if (from === 'Same') return namespace === own
  if (from !== 'Selector' || selector === undefined) return false
  const labels = labelsOf(namespace)
  return labels !== null && selects(selector, labels)
}

/** An empty selector takes everything, one with an unknown operator nothing. */
export function selects(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  labels: Readonly<Record<string, string>>,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const has = Object.hasOwn(labels, key)
      if (operator === 'In') return has && values.includes(labels[key] as string)
      if (operator === 'NotIn') return !has || !values.includes(labels[key] as string)
      if (operator === 'Exists') return has
      return operator === 'DoesNotExist' && !has
    })
  )
}
