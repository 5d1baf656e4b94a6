// A record as one line of JSON. It is ASCII, so that nothing a client sends can end it, forge another or reach a terminal as a
// control sequence.

import type { AccessRecord, AttemptRecord } from '../model/access-record.ts'
import { type Field, fieldOf } from './access-fields.ts'
import { isoTime } from './access-times.ts'

const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/
const NOT_ASCII = /[\x7f-\uffff]/g

/** A JSON string in ASCII; also of text that is not well-formed. */
export function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : ascii(JSON.stringify(text))
}

function ascii(json: string): string {
  return json.replace(NOT_ASCII, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const quoteSafe = (text: string): string => `"${text}"`

/** Texts out of small sets, so that each is looked at once. Bounded, in case they are not so small. */
const quoted = new Map<string, string>()
const MOST_QUOTED = 4096

function quoteOnce(text: string): string {
  let known = quoted.get(text)
  if (known !== undefined) return known
  if (quoted.size >= MOST_QUOTED) quoted.clear()
  known = quote(text)
  quoted.set(text, known)
  return known
}

/** Milliseconds with microseconds as fraction. Put together of whole numbers, which are written several times as quickly. */
export function milliseconds(ms: number | null): string {
  if (ms === null || !(ms >= 0 && ms < 1e12)) return ms !== null && Number.isFinite(ms) ? String(ms) : 'null'
  const microseconds = Math.round(ms * 1000)
  const whole = Math.floor(microseconds / 1000)
  const rest = microseconds - whole * 1000
  return rest === 0 ? String(whole) : `${whole}.${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}`
}

function attempt(record: AttemptRecord): string {
  const { endpoint, outcome, status, durationMs, connectMs, ttfbMs, bytes, reason, detail } = record
  const answer = status === 0 ? 'null' : String(status)
  const connect = connectMs === null ? '' : `,"connectMs":${milliseconds(connectMs)}`
  const first = ttfbMs === null ? '' : `,"ttfbMs":${milliseconds(ttfbMs)}`
  const why = reason === '' ? '' : `,"reason":${quoteOnce(reason)}`
  const words = detail === '' ? '' : `,"detail":${quote(detail)}`
  const times = `"durationMs":${milliseconds(durationMs)}${connect}${first}`
  return `{"endpoint":${quoteOnce(endpoint)},"outcome":"${outcome}","status":${answer},${times},"bytes":${bytes}${why}${words}}`
}

function attemptList(attempts: readonly AttemptRecord[]): string {
  let list = ''
  for (const each of attempts) list += list === '' ? attempt(each) : `,${attempt(each)}`
  return `[${list}]`
}

type Write = (record: AccessRecord) => string

function writer(field: Field): Write {
  switch (field.kind) {
    case 'time':
      return ({ time }) => `"${isoTime(time)}"`
    case 'attempts':
      return ({ attempts }) => attemptList(attempts)
    case 'decision':
      return ({ decision }) => ascii(JSON.stringify(decision))
    case 'milliseconds':
      return (record) => milliseconds(field.read(record))
    case 'plain':
      return (record) => String(field.read(record))
    default: {
      const put = field.kind === 'operator' ? quoteOnce : field.kind === 'safe' ? quoteSafe : quote
      return (record) => {
        const value = field.read(record)
        return value === null ? 'null' : put(value as string)
      }
    }
  }
}

/** Fields that most logs begin with, in their order: those that there are without asking for any, but the last. */
export const USUAL = [
  'time',
  'requestId',
  'traceId',
  'client',
  'listener',
  'protocol',
  'method',
  'host',
  'path',
  'status',
  'reason',
  'route',
  'upstream',
  'endpoint',
  'attempts',
  'durationMs',
  'bytesIn',
  'bytesOut',
  'userAgent',
] as const

/** What `prefixed` makes of them, without the end: written out in one piece it takes two thirds of the time. */
function usual(r: AccessRecord): string {
  const who = `{"time":"${isoTime(r.time)}","requestId":${quote(r.requestId)},"traceId":${safe(r.traceId)},"client":"${r.client}"`
  const how = `,"listener":${quoteOnce(r.listener)},"protocol":"${r.protocol}","method":${quote(r.method)},"host":${quote(r.host)}`
  const what = `,"path":${quote(r.path)},"status":${r.status},"reason":${name(r.reason)},"route":${name(r.route)}`
  const where = `,"upstream":${name(r.upstream)},"endpoint":${name(r.endpoint)},"attempts":${attemptList(r.attempts)}`
  const times = `,"durationMs":${milliseconds(r.durationMs)},"bytesIn":${r.bytesIn},"bytesOut":${r.bytesOut}`
  return `${who}${how}${what}${where}${times},"userAgent":${r.userAgent === null ? 'null' : quote(r.userAgent)}`
}

const safe = (text: string | null): string => (text === null ? 'null' : `"${text}"`)
const name = (text: string | null): string => (text === null ? 'null' : quoteOnce(text))

/** Makes lines with these fields in this order, each with its line feed; throws for a name that is not a field. */
export function jsonLines(fields: readonly string[]): Write {
  // A decision that was not asked for is left out: most records have none.
  const decides = fields.indexOf('decision')
  const whole = prefixed(fields)
  if (decides === -1) return whole
  const without = prefixed(fields.filter((name) => name !== 'decision'))
  return (record) => (record.decision === null ? without(record) : whole(record))
}

function prefixed(fields: readonly string[]): Write {
  if (USUAL.every((name, i) => fields[i] === name)) {
    const rest = fields.slice(USUAL.length)
    if (rest.length === 0) return (record) => `${usual(record)}}\n`
    const more = prefixed(rest)
    return (record) => `${usual(record)},${more(record).slice(1)}`
  }
  const writers = fields.map((name) => writer(fieldOf(name)))
  const prefixes = fields.map((name, i) => `${i === 0 ? '{' : ','}"${name}":`)
  const count = fields.length
  if (count === 0) return () => '{}\n'
  return (record) => {
    let line = ''
    for (let i = 0; i < count; i++) line += (prefixes[i] as string) + (writers[i] as Write)(record)
    return `${line}}\n`
  }
}
