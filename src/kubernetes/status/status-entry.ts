// One object whose status is ours to write: what should be there, what was written last, and whether that differs.

import { isDeepStrictEqual } from 'node:util'
import type { ObjectReference } from '../object-reference.ts'
import { pathOf } from '../resource.ts'
import type { StatusIntent } from '../translation.ts'
import { mergePatch } from './merge-patch.ts'
import { withTransitionTimes } from './transition-times.ts'

export interface StatusToWrite {
  readonly intent: StatusIntent
  /** What makes the status that should be there of the one that is there in this version of the object. */
  readonly patch: unknown
  readonly resourceVersion: string
}

interface Written {
  readonly wanted: unknown
  /** As the API server has it since. */
  readonly answer: unknown
  /** Of the object before and since. */
  readonly from: string
  readonly version: string
}

export class StatusEntry {
  readonly object: ObjectReference
  intent: StatusIntent
  /** A write is on its way. */
  busy = false
  failures = 0
  #written: Written | null = null
  /** By whoever looked the object up after a conflict; null = that of the intent. */
  #version: string | null = null

  constructor(object: ObjectReference, intent: StatusIntent) {
    this.object = object
    this.intent = intent
  }

  /** What is known anew of the object, or of what should be there. */
  update(intent: StatusIntent): void {
    this.intent = intent
    this.failures = 0
    this.#version = null
  }

  /** `now` is what a condition gets that changed. null = there is nothing to write. */
  due(now: string): StatusToWrite | null {
    const { intent } = this
    const written = this.#written
    // What we wrote is newer than what was looked at: it has not come back yet.
    const stale = written !== null && isBefore(intent.resourceVersion, written)
    const current = stale ? written.answer : (intent.current ?? {})
    // The API server fills in defaults: what came of the same wish before is what would come of it again.
    if (written !== null && isDeepStrictEqual(intent.wanted, written.wanted) && isDeepStrictEqual(current, written.answer))
      return null
    const status = withTransitionTimes(intent.wanted ?? {}, current, now)
    if (isDeepStrictEqual(status, current)) return null
    return {
      intent,
      patch: mergePatch(current, status),
      resourceVersion: stale ? written.version : (this.#version ?? intent.resourceVersion),
    }
  }

  /** `answer` is the object as the API server sent it back. */
  wrote(wanted: unknown, from: string, answer: unknown): void {
    const { status = {}, metadata } = Object(answer) as { status?: unknown; metadata?: { resourceVersion?: string } }
    this.#written = { wanted, answer: status, from, version: metadata?.resourceVersion ?? '' }
    this.#version = null
    this.failures = 0
  }

  /**
   * What `lookUpPath` brought, after a conflict. False: the status is another one than what `wanted` was made from, so that only
   * whoever makes it can say what is right.
   */
  lookedUp(list: unknown): boolean {
    const [object] = (Object(list) as { items?: unknown[] }).items ?? []
    const { status = {}, metadata } = Object(object) as {
      status?: unknown
      metadata?: { uid?: string; resourceVersion?: string }
    }
    if (metadata?.uid !== this.object.uid || metadata.resourceVersion === undefined) return false
    const known = [this.intent.current ?? {}, this.#written?.answer]
    if (!known.some((each) => isDeepStrictEqual(each, status))) return false
    this.#version = metadata.resourceVersion
    if (this.#written !== null && isDeepStrictEqual(this.#written.answer, status))
      this.#written = { ...this.#written, version: metadata.resourceVersion }
    return true
  }

  /** A list of one: that asks for no more rights than following the kind does. */
  get lookUpPath(): string {
    const { namespace, name } = this.object
    return `${pathOf(this.#resource, namespace)}?fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`
  }

  get statusPath(): string {
    return pathOf(this.#resource, this.object.namespace, this.object.name, 'status')
  }

  get #resource() {
    const { kind, group, version, plural, namespace } = this.object
    return { kind, group, version, plural, namespaced: namespace !== '' }
  }
}

/** Versions are numbers that grow (what else they are is nobody's business). */
function isBefore(version: string, { from, version: written }: Written): boolean {
  if (version === written) return false
  if (!/^\d+$/.test(version) || !/^\d+$/.test(written)) return version === from
  return version.length === written.length ? version < written : version.length < written.length
}
