// Trailer sections: what may travel on of them, as canonical field lines.

import { DROP_FROM_TRAILERS } from '../model/dropped-fields.ts'
import { keepFields } from './keep-fields.ts'
import { FieldScan, scanFields } from './scan-fields.ts'

const scan = new FieldScan()

/** Canonical lines of the trailers that may be forwarded. `section` has passed the chunked decoder. */
export function trailerFields(section: string): string {
  if (section === '') return ''
  scan.reset(`${section}\r\n`)
  const consumed = scanFields(scan, 0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  return consumed > 0 ? keepFields(scan, DROP_FROM_TRAILERS, null) : ''
}
