// ExtensionRefs: RouteFilters of our own, in the namespace of the route.

import type { Read } from '../memo.ts'
import { POLICY_GROUP } from '../policies/kinds.ts'
import { type FoundFilter, findRouteFilter, type RouteFilters } from '../policies/route-filters.ts'
import type { Trouble } from './addresses.ts'
import type { FilterSpec, Ref } from './kinds.ts'

export type Extensions = RouteFilters

export type FindExtension = (ref: Ref | undefined) => FoundFilter | Trouble

export function extensionsOf(namespace: string, known: Extensions, read: Read): FindExtension {
  return (ref) => {
    const { group = '', kind = '', name = '' } = ref ?? {}
    if (group !== POLICY_GROUP || kind !== 'RouteFilter')
      return {
        reason: 'InvalidKind',
        message: `${kind}.${group} "${name}" is no filter that is known: only RouteFilter.${POLICY_GROUP} is`,
      }
    return findRouteFilter(namespace, name, known, read)
  }
}

/** Keys of a route that the filters of a rule bring along; the first one that has a key counts. */
export function routeKeysOf(specs: readonly FilterSpec[], find: FindExtension): Readonly<Record<string, unknown>> {
  const keys: Record<string, unknown> = {}
  for (const { type, extensionRef } of specs) {
    const found = type === 'ExtensionRef' ? find(extensionRef) : null
    if (found === null || 'reason' in found) continue
    for (const [key, value] of Object.entries(found.route)) if (!Object.hasOwn(keys, key)) keys[key] = value
  }
  return keys
}
