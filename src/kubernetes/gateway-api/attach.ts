// Which listeners a route belongs to, for each of its parentRefs.

import type { Read } from '../memo.ts'
import type { KeptNamespace } from '../namespace.ts'
import type { Trouble } from './addresses.ts'
import { hostsOn } from './hostnames.ts'
import { GROUP, type ParentRef } from './kinds.ts'
import { admits } from './namespaces.ts'
import type { Parent, ParentListener, Parents } from './parents.ts'

export interface Attachment {
  readonly ref: ParentRef
  /** As in `spec.parentRefs[0]`. */
  readonly path: string
  readonly parent: Parent
  /** Those that take it, served or not. */
  readonly listeners: readonly AttachedListener[]
  /** Why there are none; null = there are. */
  readonly refused: Trouble | null
}

export interface AttachedListener {
  readonly listener: ParentListener
  /** What the route serves there; empty = every host. */
  readonly hosts: readonly string[]
}

export interface Attaching {
  readonly kind: string
  readonly namespace: string
  readonly parentRefs: readonly ParentRef[]
  readonly hostnames: readonly string[]
}

export interface Around {
  readonly parents: Parents
  readonly namespaces: ReadonlyMap<string, KeptNamespace>
}

/** Parents that are not ours are left out. */
export function attach(route: Attaching, { parents, namespaces }: Around, read: Read): Attachment[] {
  return route.parentRefs.flatMap((ref, i) => {
    const { group = GROUP, kind = 'Gateway', namespace = route.namespace, name } = ref
    const parent = group === GROUP ? read(parents, `${kind}/${namespace}/${name}`) : undefined
    if (parent === undefined) return []
    const labelsOf = (each: string) => read(namespaces, each)?.labels ?? null
    const found = match(route, ref, parent, `the ${kind} ${namespace}/${name}`, labelsOf)
    return [{ ref, path: `spec.parentRefs[${i}]`, parent, ...found }]
  })
}

function match(
  { kind, namespace, hostnames }: Attaching,
  { sectionName, port }: ParentRef,
  { listeners }: Parent,
  whose: string,
  labelsOf: (namespace: string) => KeptNamespace['labels'] | null,
): Pick<Attachment, 'listeners' | 'refused'> {
  const none = (reason: string, message: string) => ({ listeners: [], refused: { reason, message } })
  const named = listeners.filter(
    (each) => (sectionName === undefined || each.section === sectionName) && (port === undefined || each.port === port),
  )
  if (named.length === 0) {
    const what = [sectionName === undefined ? '' : `named ${sectionName}`, port === undefined ? '' : `on port ${port}`]
    const asked = `there is no listener ${what.filter((each) => each !== '').join(' ')}`.trim()
    return none(
      'NoMatchingParent',
      `${asked}: ${whose} has ${some(listeners, ({ section, port: at }) => `${section} (${at})`)}`,
    )
  }
  const able = named.filter(({ kinds }) => kinds.includes(kind))
  if (able.length === 0)
    return none(
      'NotAllowedByListeners',
      `no listener of ${whose} takes ${kind}s here: ${some(named, ({ section, kinds }) => `${section} takes ${kinds.join(', ') || 'none'}`)}`,
    )
  const allowed = able.filter((each) => admits(each.namespaces, namespace, each.namespace, labelsOf))
  if (allowed.length === 0)
    return none(
      'NotAllowedByListeners',
      `no listener of ${whose} takes routes of the namespace ${namespace}: ${some(able, ({ section, namespaces }) => `${section} has allowedRoutes.namespaces.from: ${namespaces.from}`)}`,
    )
  const found = allowed.flatMap((listener) => {
    const hosts = hostsOn(listener.host, listener.protocol === 'tcp' ? [] : hostnames)
    return hosts === null ? [] : [{ listener, hosts }]
  })
  if (found.length > 0) return { listeners: found, refused: null }
  return none(
    'NoMatchingListenerHostname',
    `no listener of ${whose} has a hostname that meets ${hostnames.join(', ')}: ${some(allowed, ({ section, host }) => `${section} has ${host}`)}`,
  )
}

const MOST_NAMED = 8

/** In words; there may be many. */
function some(listeners: readonly ParentListener[], inWords: (listener: ParentListener) => string): string {
  const named = listeners.slice(0, MOST_NAMED).map(inWords).join(', ')
  return listeners.length > MOST_NAMED ? `${named} and ${listeners.length - MOST_NAMED} more` : named || 'none'
}
