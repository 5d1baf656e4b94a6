// A record as a line of text: `combined`, or a template. What clients chose is escaped, so that it neither ends a value or a line nor
// reaches a terminal as a control sequence.

import type { AccessRecord } from '../model/access-record.ts'
import { fieldOf, headerOf } from './access-fields.ts'
import { apacheTime, isoTime } from './access-times.ts'
import { asciiJson } from './line-bytes.ts'

type Write = (record: AccessRecord) => string

const PLACE = /\$\{([^}]*)\}/g
const ABSENT = '-'

/** In quotes: everything but printable ASCII, and what ends or escapes the quotes. */
const QUOTED = /[^\x20\x21\x23-\x5b\x5d-\x7e]/g

const escaped = (char: string): string => {
  const code = char.charCodeAt(0)
  return code < 0x100 ? `\\x${code.toString(16).toUpperCase().padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}

const inQuotes = (text: string): string => (text === '' ? ABSENT : text.replace(QUOTED, escaped))

/** `client - - [time] "METHOD path protocol" status bytes "referer" "user agent"`, as Apache and nginx write it. */
function combined(record: AccessRecord): string {
  const { client, time, method, path, protocol, status, bytesOut, headers, userAgent } = record
  const version = protocol === 'HTTP/2' ? 'HTTP/2.0' : protocol
  const request = method === '' ? ABSENT : `${inQuotes(method)} ${inQuotes(path)} ${version}`
  const from = `${inQuotes(client)} - - [${apacheTime(time)}]`
  return `${from} "${request}" ${status} ${bytesOut} "${inQuotes(headers?.referer ?? '')}" "${inQuotes(userAgent ?? '')}"\n`
}

/** `a:1=connect-failure,b:2=200`. */
function attemptsInWords({ attempts }: AccessRecord): string {
  return attempts.map(({ endpoint, outcome, status }) => `${endpoint}=${status === 0 ? outcome : status}`).join(',')
}

/** As JSON lines have them: whole, or with three digits of a fraction. */
function milliseconds(ms: number): string {
  const microseconds = Math.round(ms * 1000)
  return microseconds % 1000 === 0 ? String(microseconds / 1000) : (microseconds / 1000).toFixed(3)
}

function textOf(name: string): (record: AccessRecord) => string {
  const field = fieldOf(name)
  switch (field.kind) {
    case 'time':
      return ({ time }) => isoTime(time)
    case 'attempts':
      return attemptsInWords
    case 'decision':
      return ({ decision }) => (decision === null ? '' : asciiJson(JSON.stringify(decision)).slice(1, -1))
    case 'milliseconds':
      return (record) => {
        const ms = field.read(record)
        return ms === null ? '' : milliseconds(ms)
      }
    default:
      return (record) => {
        const value = field.read(record)
        return value === null ? '' : String(value)
      }
  }
}

/** Outside of quotes a space ends a value, and so does the character that stands behind it. */
function escapeFor(before: string, after: string): (text: string) => string {
  if ((before.match(/"/g)?.length ?? 0) % 2 === 1) return inQuotes
  const end = /^[!-/:-@[-`{-~]/.exec(after)?.[0] ?? ' '
  const ends = new RegExp(`[^\\x21\\x23-\\x5b\\x5d-\\x7e]|\\x${end.charCodeAt(0).toString(16)}`, 'g')
  return (text) => (text === '' ? ABSENT : text.replace(ends, escaped))
}

function template(format: string): Write {
  const parts: Write[] = []
  let from = 0
  for (const place of format.matchAll(PLACE)) {
    const { index } = place
    const end = index + place[0].length
    const literal = format.slice(from, index)
    const read = textOf(place[1] as string)
    const spell = escapeFor(format.slice(0, index).replace(PLACE, ''), format.slice(end))
    parts.push((record) => literal + spell(read(record)))
    from = end
  }
  const rest = `${format.slice(from)}\n`
  return (record) => {
    let line = ''
    for (const part of parts) line += part(record)
    return line + rest
  }
}

/** Throws when a template names a field that there is not. */
export function textLines(format: string): Write {
  return format === 'combined' ? combined : template(format)
}

/** The fields that lines of this format show. */
export function fieldsOfText(format: string): readonly string[] {
  if (format === 'combined') return ['header.referer']
  return [...format.matchAll(PLACE)].map((place) => place[1] as string)
}

/** Headers of the request among these fields, in lower case. */
export function headersAmong(fields: readonly string[]): readonly string[] {
  return fields.flatMap((name) => headerOf(name) ?? [])
}
