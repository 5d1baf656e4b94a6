// One cookie out of the Cookie fields of a request (RFC 6265 5.4).

import { fieldValue } from './field-text.ts'

/** Where a cookie was taken out; reused, read at once. */
export interface Taken {
  /** Of the first of that name; null = there is none. */
  value: string | null
  /** The lines without any of that name. */
  fields: string
}

const taken: Taken = { value: null, fields: '' }

/** `fields` are canonical lines. The result is the same object each time. */
export function takeCookie(fields: string, name: string): Taken {
  taken.value = null
  taken.fields = fields
  // Nearly all requests of others end here.
  if (!fields.includes(`${name}=`) || fieldValue(fields, 'cookie') === null) return taken
  let out = ''
  for (let pos = 0; pos < fields.length; ) {
    const end = fields.indexOf('\r\n', pos) + 2
    out += /^cookie:/i.test(fields.slice(pos, pos + 7))
      ? withoutCookie(fields.slice(pos + 7, end - 2), name)
      : fields.slice(pos, end)
    pos = end
  }
  if (taken.value !== null) taken.fields = out
  return taken
}

/** The rest of a line's cookies as a line; '' when there is no other. */
function withoutCookie(line: string, name: string): string {
  const others: string[] = []
  for (const crumb of line.split(';')) {
    const text = crumb.trim()
    if (text === '') continue
    const equals = text.indexOf('=')
    if (equals !== -1 && text.slice(0, equals).trim() === name) taken.value ??= text.slice(equals + 1).trim()
    else others.push(text)
  }
  return others.length === 0 ? '' : `cookie: ${others.join('; ')}\r\n`
}
