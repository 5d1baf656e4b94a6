// Spelling values so that they stay values: in a path, in a Location, in HTML, in JSON.

/** All but unreserved characters, sub-delimiters, `:` `@` (RFC 3986 section 3.3), slashes and escapes. */
const NOT_IN_PATH = /%(?![0-9a-fA-F]{2})|[^\w\-.~!$&'()*+,;=:@/%]/g
const NOT_IN_QUERY = /%(?![0-9a-fA-F]{2})|[^\w\-.~!$&'()*+,;=:@/?%[\]]/g
const NOT_IN_SEGMENT = /[^\w\-.~]/g

/** Each character is a byte as it was received. */
function escapeByte(character: string): string {
  const byte = character.charCodeAt(0)
  if (byte > 0xff) return encodeURIComponent(character.toWellFormed())
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

/** Of something that is a path already, or a piece of one: its escapes stay. */
export const escapePath = (text: string): string => text.replace(NOT_IN_PATH, escapeByte)

/** Of a query with its `?`, as received. */
export const escapeQuery = (text: string): string => text.replace(NOT_IN_QUERY, escapeByte)

/** Of any text that is to be part of one segment. */
export const escapeSegment = (text: string): string => text.replace(NOT_IN_SEGMENT, escapeByte)

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => HTML[character] as string)

/** For the inside of a string in JSON; `<` too, because JSON ends up in pages. */
export const escapeJson = (text: string): string => JSON.stringify(text).slice(1, -1).replaceAll('<', '\\u003c')

/** Field values are bytes read as latin1; in a body they are UTF-8 again, if they were. */
export function asText(value: string): string {
  return /[\x80-\xff]/.test(value) ? Buffer.from(value, 'latin1').toString('utf8') : value
}
