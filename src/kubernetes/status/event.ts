// An Event as it is sent: about which object, why, and how often it was seen.

import { createHash } from 'node:crypto'
import type { ObjectReference } from '../object-reference.ts'
import { pathOf } from '../resource.ts'

export interface EventText {
  readonly type: 'Warning' | 'Normal'
  readonly reason: string
  readonly note: string
}

const RESOURCE = { kind: 'Event', group: '', version: 'v1', plural: 'events', namespaced: true }
/** The newer of the two kinds of Events has these bounds, and what is there is seen as both. */
const LONGEST_NOTE = 1024
const LONGEST_NAME = 253
const LONGEST_INSTANCE = 128
const CONTROLLER = 'headgate.dev/headgate'

/** The same for the same object and text, whoever tells it: what a former leader told is told on. */
export function eventName({ name, uid }: ObjectReference, { type, reason, note }: EventText): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([uid, type, reason, note]))
    .digest('hex')
    .slice(0, 16)
  return `${name.slice(0, LONGEST_NAME - hash.length - 1).replace(/[-.]+$/, '')}.${hash}`
}

/** Those of objects without a namespace are in `default`. */
export function eventPath({ namespace }: ObjectReference, name: string | null): string {
  return pathOf(RESOURCE, namespace === '' ? 'default' : namespace, name)
}

export function eventBody(object: ObjectReference, text: EventText, instance: string, wall: number): object {
  const { group, version, kind, namespace, name, uid } = object
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: eventName(object, text), namespace: namespace === '' ? 'default' : namespace },
    type: text.type,
    reason: text.reason,
    message: shortened(text.note),
    firstTimestamp: seconds(wall),
    lastTimestamp: seconds(wall),
    count: 1,
    involvedObject: {
      apiVersion: group === '' ? version : `${group}/${version}`,
      kind,
      name,
      uid,
      ...(namespace === '' ? {} : { namespace }),
    },
    source: { component: 'headgate', host: instance },
    reportingComponent: CONTROLLER,
    reportingInstance: instance.slice(0, LONGEST_INSTANCE),
  }
}

/** A merge patch. */
export function againBody(count: number, wall: number): object {
  return { count, lastTimestamp: seconds(wall) }
}

function seconds(wall: number): string {
  return new Date(wall).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** In characters that the API server counts as bytes. */
function shortened(note: string): string {
  if (Buffer.byteLength(note) <= LONGEST_NOTE) return note
  return `${Buffer.from(note)
    .subarray(0, LONGEST_NOTE - 6)
    .toString('utf8')
    .replace(/\uFFFD$/, '')}…`
}
