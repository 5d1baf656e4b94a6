// From the parsed head of a response to the form in which it travels on.

import { DROP_FROM_ENDPOINT, DROP_WITH_LENGTH } from '../model/dropped-fields.ts'
import type { ResponseHead } from '../model/message.ts'
import { keepFields } from './keep-fields.ts'
import type { ResponseScan } from './parse-response.ts'

export function fillHead(head: ResponseHead, scan: ResponseScan, text: string): void {
  const { status } = scan
  // RFC 9110 8.6: no Content-Length in 1xx and 204.
  const drop = status < 200 || status === 204 ? DROP_WITH_LENGTH : DROP_FROM_ENDPOINT
  head.status = status
  head.phrase = scan.phraseOk && scan.phraseEnd > 13 ? text.slice(13, scan.phraseEnd) : ''
  head.fields = keepFields(scan.fields, drop, scan.nominated)
  head.body = scan.body
  head.length = scan.length
  head.dated = scan.date
}
