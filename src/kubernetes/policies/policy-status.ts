// Statuses of UpstreamPolicies (an entry for each Service, as GEP-713 has it) and RouteFilters: entries of other controllers stay.

import { type Condition, condition, fieldOf, joinConditions, listOf, summary } from '../gateway-api/conditions.ts'
import type { StatusIntent } from '../translation.ts'
import type { KeptRouteFilter } from './kinds.ts'
import type { JudgedPolicy, JudgedTarget } from './policy-book.ts'

/** Of the CRDs. */
const MOST_ENTRIES = 32

export function policyStatus(controller: string, { object, targets, unresolved }: JudgedPolicy): StatusIntent {
  const { meta, status } = object
  const { own, others } = entriesOf(status, 'ancestors', controller)
  const resolved =
    unresolved.length === 0
      ? condition('ResolvedRefs', true, 'ResolvedRefs', 'all references are resolved', meta.generation)
      : condition('ResolvedRefs', false, summary(unresolved).reason, summary(unresolved).message, meta.generation)
  const entries = targets.map((target) => {
    const ancestorRef = {
      group: '',
      kind: 'Service',
      namespace: meta.namespace,
      name: target.name,
      ...(target.section === '' ? {} : { sectionName: target.section }),
    }
    const before = own.find((each) => {
      const ref = fieldOf(each, 'ancestorRef')
      return fieldOf(ref, 'name') === target.name && (fieldOf(ref, 'sectionName') ?? '') === target.section
    })
    const conditions = [acceptedOf(target, meta.generation), resolved]
    return { ancestorRef, controllerName: controller, conditions: joinConditions(fieldOf(before, 'conditions'), conditions) }
  })
  const wanted = { ...Object(status), ancestors: [...others, ...entries].slice(0, MOST_ENTRIES) }
  return { current: status, wanted, resourceVersion: meta.resourceVersion }
}

function acceptedOf({ trouble }: JudgedTarget, generation: number): Condition {
  return trouble === null
    ? condition('Accepted', true, 'Accepted', 'upstreams of the Service follow it', generation)
    : condition('Accepted', false, trouble.reason, trouble.message, generation)
}

/** `wrong`: why it cannot be used; '' = it can. */
export function filterStatus(controller: string, { meta, status }: KeptRouteFilter, wrong: string): StatusIntent {
  const { own, others } = entriesOf(status, 'controllers', controller)
  const accepted =
    wrong === ''
      ? condition('Accepted', true, 'Accepted', 'routes can use it', meta.generation)
      : condition('Accepted', false, 'Invalid', wrong, meta.generation)
  const entry = { controllerName: controller, conditions: joinConditions(fieldOf(own[0], 'conditions'), [accepted]) }
  const wanted = { ...Object(status), controllers: [...others, entry].slice(0, MOST_ENTRIES) }
  return { current: status, wanted, resourceVersion: meta.resourceVersion }
}

function entriesOf(
  status: unknown,
  list: string,
  controller: string,
): { readonly own: readonly unknown[]; readonly others: readonly unknown[] } {
  const all = listOf(fieldOf(status, list))
  const isOwn = (each: unknown): boolean => fieldOf(each, 'controllerName') === controller
  return { own: all.filter(isOwn), others: all.filter((each) => !isOwn(each)) }
}
