// One object of our own making: what it should be, what was asked of the API server last, and whether more has to be.

import { isDeepStrictEqual } from 'node:util'
import type { ObjectReference } from '../object-reference.ts'
import { isObjectAsWanted, type Manifest } from '../owned-object.ts'
import { pathOf, withQuery } from '../resource.ts'
import type { ObjectIntent } from '../translation.ts'

/** Whose fields they are, see server-side apply. */
const FIELD_MANAGER = 'headgate'
/** So long it may take until what was written is seen; then it counts as lost. */
const ECHO_MS = 30_000

export type Change =
  | { readonly type: 'apply'; readonly path: string; readonly body: object; readonly wanted: Manifest }
  | { readonly type: 'delete'; readonly path: string; readonly body: object }

interface Asked {
  /** null = that it goes. */
  readonly wanted: Manifest | null
  readonly at: number
  /** Of the object since; '' = it is to go. */
  readonly version: string
  /** It has been seen in this version, or a later one. */
  seen: boolean
}

export class ObjectEntry {
  intent: ObjectIntent
  failures = 0
  #asked: Asked | null = null

  constructor(intent: ObjectIntent) {
    this.intent = intent
  }

  update(intent: ObjectIntent): void {
    this.intent = intent
    this.failures = 0
    const asked = this.#asked
    const version = intent.current?.resourceVersion
    if (asked !== null && version !== undefined && asked.version !== '' && !isOlder(version, asked.version)) asked.seen = true
  }

  /** null = nothing has to be done now. */
  due(now: number): Change | null {
    const { object, current, wanted } = this.intent
    const path = pathOf({ ...object, namespaced: true }, object.namespace, object.name)
    const asked = this.#asked
    const fresh = asked !== null && now - asked.at < ECHO_MS
    if (wanted === null) {
      if (current === null || (fresh && asked.wanted === null)) return null
      // What has changed since may have become somebody else's.
      const { uid, resourceVersion } = current
      return { type: 'delete', path, body: { preconditions: { uid, resourceVersion }, propagationPolicy: 'Background' } }
    }
    const same = asked !== null && isDeepStrictEqual(asked.wanted, wanted)
    const behind = current === null ? asked?.seen !== true : isOlder(current.resourceVersion, asked?.version ?? '')
    if (same && fresh && behind) return null
    // What is known is older than what was asked for last.
    const stale = fresh && behind
    if (!stale && current !== null && isObjectAsWanted(current.content, wanted)) return null
    // What came of the same wish before is what would come of it again.
    if (same && current !== null && current.resourceVersion === asked.version) return null
    const { metadata } = wanted
    const last = stale ? (asked?.version ?? '') : ''
    const resourceVersion = last === '' ? current?.resourceVersion : last
    const body = resourceVersion === undefined ? wanted : { ...wanted, metadata: { ...metadata, resourceVersion } }
    const query = new URLSearchParams({ fieldManager: FIELD_MANAGER, force: 'true' })
    return { type: 'apply', path: withQuery(path, query), body, wanted }
  }

  did(change: Change, answer: unknown, now: number): void {
    const { metadata } = Object(answer) as { metadata?: { resourceVersion?: string } }
    const version = change.type === 'delete' ? '' : (metadata?.resourceVersion ?? '')
    const wanted = change.type === 'delete' ? null : change.wanted
    // What was there before is not waited for: not being there any more is news.
    this.#asked = { wanted, at: now, version, seen: this.intent.current !== null }
    this.failures = 0
  }

  /** It is asked for again, though nothing is known to have changed. */
  forget(): void {
    this.#asked = null
  }
}

/** Versions are numbers that grow. */
function isOlder(version: string, than: string): boolean {
  if (!/^\d+$/.test(version) || !/^\d+$/.test(than)) return false
  return version.length === than.length ? version < than : version.length < than.length
}

/** What has its place is the same, whoever it was before. */
export function entryKey({ group, plural, namespace, name }: ObjectReference): string {
  return `${group}/${plural}/${namespace}/${name}`
}
