// What is said about a route: one entry for each of its parents that is ours, those of others as they are.

import type { StatusIntent } from '../translation.ts'
import type { Attachment } from './attach.ts'
import { type Condition, condition, fieldOf, joinConditions, listOf, summary } from './conditions.ts'
import { GROUP, type Kept, type ParentRef } from './kinds.ts'
import type { RouteParts } from './route-parts.ts'

/** The API server's limit. */
const MOST_PARENTS = 32
const OPTIONAL = ['PartiallyInvalid']

/** null = there is nothing to say, and nothing of ours there. */
export function routeStatus(controller: string, { meta, status }: Kept<unknown>, parts: RouteParts): StatusIntent | null {
  const current = listOf(fieldOf(status, 'parents'))
  const others = current.filter((each) => fieldOf(each, 'controllerName') !== controller)
  const own = current.filter((each) => !others.includes(each))
  if (parts.attachments.length === 0 && own.length === 0) return null
  const entries = parts.attachments.map((attachment) => {
    const before = own.find((each) => sameParent(fieldOf(each, 'parentRef'), attachment.ref))
    const conditions = conditionsOf(attachment, parts, meta.generation)
    return {
      parentRef: parentRefOf(attachment.ref),
      controllerName: controller,
      conditions: joinConditions(fieldOf(before, 'conditions'), conditions, OPTIONAL),
    }
  })
  const wanted = { ...Object(status), parents: [...others, ...entries].slice(0, MOST_PARENTS) }
  return { current: status, wanted, resourceVersion: meta.resourceVersion }
}

/** Accepted as far as the route alone is concerned. */
export function isAccepted({ refused }: Attachment, { useless }: RouteParts): boolean {
  return refused === null && !useless
}

function conditionsOf(attachment: Attachment, parts: RouteParts, generation: number): Condition[] {
  const { unresolved, refused, useless } = parts
  const accepted = attachment.refused ?? (useless ? summary(refused) : null)
  const found = [
    accepted === null
      ? condition('Accepted', true, 'Accepted', 'the route is accepted', generation)
      : condition('Accepted', false, accepted.reason, accepted.message, generation),
    unresolved.length === 0
      ? condition('ResolvedRefs', true, 'ResolvedRefs', 'all references are resolved', generation)
      : condition('ResolvedRefs', false, summary(unresolved).reason, summary(unresolved).message, generation),
  ]
  if (refused.length > 0 && !useless)
    found.push(condition('PartiallyInvalid', true, summary(refused).reason, droppedRules(refused), generation))
  return found
}

/** How it begins is prescribed. */
function droppedRules(refused: RouteParts['refused']): string {
  const rules = refused.map(({ path, message }) => `${path}: ${message}`)
  return `Dropped Rule, its requests are answered 500: ${rules.join('; ')}`
}

/** As it is written, with the defaults of the API server. */
function parentRefOf({ group = GROUP, kind = 'Gateway', namespace, name, sectionName, port }: ParentRef): ParentRef {
  return {
    group,
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(sectionName === undefined ? {} : { sectionName }),
    ...(port === undefined ? {} : { port }),
  }
}

function sameParent(a: unknown, b: ParentRef): boolean {
  return (['group', 'kind', 'namespace', 'name', 'sectionName', 'port'] as const).every(
    (key) => fieldOf(a, key) === fieldOf(parentRefOf(b), key),
  )
}
