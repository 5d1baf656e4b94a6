// The end-to-end fields of a parsed head as canonical text: what is dropped, or nominated by Connection, stays behind.

import type { FieldScan } from './scan-fields.ts'

/** The canonical lines of the fields that `drop` does not name and `nominated` (lower case) does not either. */
export function keepFields(fields: FieldScan, drop: Uint8Array, nominated: readonly string[] | null): string {
  if (fields.count === 0) return ''
  return fields.canonical && nominated === null ? keepRuns(fields, drop) : keepLines(fields, drop, nominated)
}

/** The usual case: everything is canonical already, so whole runs between dropped fields are taken over. */
function keepRuns(fields: FieldScan, drop: Uint8Array): string {
  const { text, at, kinds, special } = fields
  let out = ''
  let run = at[0] as number
  for (let i = 0; i < fields.specialCount; i++) {
    const index = special[i] as number
    if (drop[kinds[index] as number] === 0) continue
    const start = at[4 * index] as number
    if (start > run) out += text.slice(run, start)
    run = (at[4 * index + 3] as number) + 2
  }
  const end = (at[4 * fields.count - 1] as number) + 2
  return end > run ? out + text.slice(run, end) : out
}

function keepLines(fields: FieldScan, drop: Uint8Array, nominated: readonly string[] | null): string {
  const { text, at, kinds } = fields
  let out = ''
  for (let i = 0; i < fields.count; i++) {
    const kind = kinds[i] as number
    if (drop[kind] === 1) continue
    const name = text.slice(at[4 * i], at[4 * i + 1])
    if (nominated?.includes(name.toLowerCase())) continue
    out += `${name}: ${text.slice(at[4 * i + 2], at[4 * i + 3])}\r\n`
  }
  return out
}
