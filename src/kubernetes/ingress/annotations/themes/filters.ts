// RouteFilters: parts of routes that have no annotation of their own.

import type { Draft } from '../draft.ts'
import { exact, grave, type Theme, theme } from '../entry.ts'
import { list, objectName, type Reader, Wrong, wrong } from '../values.ts'

/** Of the namespace of the Ingress. */
const name: Reader<string> = (written) => {
  const read = objectName(written)
  return read instanceof Wrong || read.namespace !== '' ? wrong('the name of a RouteFilter') : read.name
}

export const filters: Theme = theme(
  'RouteFilters',
  {
    filters: grave(
      exact(
        list(name),
        'not of ingress-nginx; RouteFilters of the namespace: their `filters` behind those of other annotations, in this order; of their other keys those that no annotation has',
        'limits, headers',
      ),
    ),
  },
  ({ filters: names = [] }, draft) => {
    for (const each of names) add(draft, each)
  },
)

/** What cannot be had may be what protects: nothing is served without. */
function add(draft: Draft, filter: string): void {
  const found = draft.look.filter(draft.meta.namespace, filter)
  if ('reason' in found) {
    draft.refuseAll('filters', found.message)
    return
  }
  draft.last.push(...(found.filters as readonly Readonly<Record<string, unknown>>[]))
  for (const [key, value] of Object.entries(found.route)) if (!Object.hasOwn(draft.further, key)) draft.further[key] = value
}
