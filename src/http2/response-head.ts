// Heads and trailers of endpoints' responses, from header lists.

import { DROP_FROM_ENDPOINT, DROP_FROM_TRAILERS, DROP_WITH_LENGTH } from '../model/dropped-fields.ts'
import { BODY, type ResponseHead } from '../model/message.ts'
import { FieldListScan, scanFieldList } from './fields.ts'
import { MAX_FIELD_BYTES } from './upstream-options.ts'

const scan = new FieldListScan()
/** The one that was read last. */
export const head: ResponseHead = { status: 0, phrase: '', fields: '', body: 0, length: 0, dated: false }

/** Reads a list into `head`; returns in words why it is none, or null. */
export function readHead(list: readonly string[], method: string): string | null {
  const status = statusOf(list)
  const bodiless = status === 204 || status === 304 || method === 'HEAD'
  const error = scanFieldList(scan, list, status < 200 || status === 204 ? DROP_WITH_LENGTH : DROP_FROM_ENDPOINT)
  const wrong = error ?? (status === 0 || status === 101 ? 'its status is malformed' : tooLarge())
  if (wrong !== null) return wrong
  head.status = status
  head.fields = scan.kept
  head.length = bodiless || scan.length < 0 ? 0 : scan.length
  head.body = bodiless || scan.length === 0 ? BODY.NONE : scan.length > 0 ? BODY.LENGTH : BODY.STREAM
  head.dated = scan.date
  return null
}

/** Reads a list for `trailers`; returns in words why they are none, or null. */
export function readTrailers(list: readonly string[]): string | null {
  const error = scanFieldList(scan, list, DROP_FROM_TRAILERS)
  return error ?? (list[0]?.startsWith(':') ? 'a pseudo-header field in trailers' : tooLarge())
}

/** The field lines that were read last. */
export const trailers = (): string => scan.kept

/** Node does not hold an endpoint to the list size that it has been told. */
const tooLarge = (): string | null => (scan.all.length > MAX_FIELD_BYTES ? 'its head is too large' : null)

/** 0 = malformed. */
function statusOf(list: readonly string[]): number {
  const [name, value = ''] = list
  return name === ':status' && /^[1-9]\d\d$/.test(value) ? Number(value) : 0
}
