// A record as one line of JSON. It is ASCII, so that nothing a client sends can end it, forge another or reach a terminal as a
// control sequence.

import type { AccessRecord, AttemptRecord } from '../model/access-record.ts'
import { type Field, fieldOf } from './access-fields.ts'
import { isoTime } from './access-times.ts'
import { KnownRun } from './known-run.ts'
import { asciiJson, type Fixed, fixed, type LineBytes, type PutLine } from './line-bytes.ts'

type Put = PutLine<AccessRecord>

const END = fixed('}\n')
const [LIST, LIST_END, NEXT_TRY, TRIES_END, TIME_END] = [fixed('['), fixed(']'), fixed('},'), fixed('}]'), fixed('Z"')]
const [CONNECT, TTFB, BYTES] = [fixed(',"connectMs":'), fixed(',"ttfbMs":'), fixed(',"bytes":')]
const [REASON, DETAIL] = [fixed(',"reason":'), fixed(',"detail":')]

const DURATION = ',"durationMs":'
const attemptRun = new KnownRun(
  [
    ['{"endpoint":', 0],
    [',"outcome":', 1],
    [',"status":', 2],
  ],
  DURATION,
)

/** Without its end. */
function putAttempt(into: LineBytes, attempt: AttemptRecord): void {
  const { endpoint, outcome, status } = attempt
  attemptRun.put(into, endpoint, outcome, status === 0 ? null : status, null, null)
  putCourse(into, attempt)
}

/** What hardly two attempts have in common. */
function putCourse(into: LineBytes, { durationMs, connectMs, ttfbMs, bytes, reason, detail }: AttemptRecord): void {
  into.milliseconds(durationMs)
  if (connectMs !== null) {
    into.fixed(CONNECT)
    into.milliseconds(connectMs)
  }
  if (ttfbMs !== null) {
    into.fixed(TTFB)
    into.milliseconds(ttfbMs)
  }
  into.fixed(BYTES)
  into.whole(bytes)
  if (reason !== '') {
    into.fixed(REASON)
    into.quoted(reason)
  }
  if (detail !== '') {
    into.fixed(DETAIL)
    into.quoted(detail)
  }
}

function putAttempts(into: LineBytes, attempts: readonly AttemptRecord[]): void {
  into.fixed(LIST)
  putTries(into, attempts, TRIES_END, LIST_END)
}

/** `last` ends the last one and the list, `none` the list that is empty. */
function putTries(into: LineBytes, attempts: readonly AttemptRecord[], last: Fixed, none: Fixed): void {
  const { length } = attempts
  for (let i = 0; i < length; i++) {
    if (i > 0) into.fixed(NEXT_TRY)
    putAttempt(into, attempts[i] as AttemptRecord)
  }
  into.fixed(length === 0 ? none : last)
}

/** The second that most lines are of, and what they begin with in it: `{"time":"2026-11-21T22:52:28.`, respectively the time alone. */
let second = Number.NaN
let [beginning, quoted] = [fixed(''), fixed('')]

/** Milliseconds of `time` beyond the second, which is known from then on. */
function beyondSecond(time: number): number {
  const now = Math.floor(time / 1000)
  if (now !== second) {
    second = now
    const inSecond = isoTime(now * 1000).slice(0, 20)
    beginning = fixed(`{"time":"${inSecond}`)
    quoted = fixed(`"${inSecond}`)
  }
  return Math.floor(time - now * 1000)
}

function putTime(into: LineBytes, time: number): void {
  const milliseconds = beyondSecond(time)
  into.fixed(quoted)
  into.thousandths(milliseconds)
  into.fixed(TIME_END)
}

function writer(field: Field): Put {
  switch (field.kind) {
    case 'time':
      return (into, { time }) => putTime(into, time)
    case 'attempts':
      return (into, { attempts }) => putAttempts(into, attempts)
    case 'decision':
      return (into, { decision }) => into.ascii(asciiJson(decision))
    case 'milliseconds':
      return (into, record) => into.milliseconds(field.read(record))
    case 'plain':
      return (into, record) => {
        const value = field.read(record)
        if (typeof value === 'number') into.whole(value)
        else into.ascii(String(value))
      }
    case 'safe':
      return (into, record) => into.safe(field.read(record) as string | null)
    default:
      return (into, record) => into.quoted(field.read(record) as string | null)
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

const before = (name: string, i: number): Fixed => fixed(`${i === 0 ? '{' : ','}"${name}":`)
const REQUEST_ID = fixed('Z","requestId":')
const [TRACE_ID, CLIENT, NO_TRACE_ID] = [fixed(',"traceId":'), fixed(',"client":'), fixed(',"traceId":null,"client":')]
const howRun = new KnownRun(
  [
    [',"listener":', 1],
    [',"protocol":', 2],
    [',"method":', 3],
    [',"host":', 0],
  ],
  ',"path":',
)
const whereRun = new KnownRun(
  [
    [',"status":', 1],
    [',"reason":', 2],
    [',"route":', 3],
    [',"upstream":', 4],
    [',"endpoint":', 0],
  ],
  ',"attempts":[',
)
/** Of most requests: there was one attempt, and what it brought was passed on. */
const goodRun = new KnownRun(
  [
    [',"status":', 1],
    [',"reason":null,"route":', 2],
    [',"upstream":', 3],
    [',"endpoint":', 0],
    [',"attempts":[{"endpoint":', 0],
    [',"outcome":"ok","status":', 1],
  ],
  DURATION,
)
const [LAST_TRY, NO_TRY] = [fixed('}],"durationMs":'), fixed('],"durationMs":')]
const [IN, OUT] = [fixed(',"bytesIn":'), fixed(',"bytesOut":')]
const [USER_AGENT, NO_USER_AGENT] = [fixed(',"userAgent":'), fixed(',"userAgent":null')]

/** What the writers of these fields do, in one piece, which takes half of the time. */
function putUsual(into: LineBytes, r: AccessRecord): void {
  const milliseconds = beyondSecond(r.time)
  into.fixed(beginning)
  into.thousandths(milliseconds)
  into.fixed(REQUEST_ID)
  into.quoted(r.requestId)
  if (r.traceId === null) into.fixed(NO_TRACE_ID)
  else {
    into.fixed(TRACE_ID)
    into.safe(r.traceId)
    into.fixed(CLIENT)
  }
  into.safe(r.client)
  howRun.put(into, r.host, r.listener, r.protocol, r.method, null)
  into.quoted(r.path)
  const { status, reason, attempts } = r
  const { endpoint } = r
  const only = attempts.length === 1 && reason === null ? (attempts[0] as AttemptRecord) : null
  if (only !== null && only.outcome === 'ok' && only.status === status && only.endpoint === endpoint && status > 0) {
    goodRun.put(into, endpoint, status, r.route, r.upstream, null)
    putCourse(into, only)
    into.fixed(LAST_TRY)
  } else {
    whereRun.put(into, endpoint, status, reason, r.route, r.upstream)
    putTries(into, attempts, LAST_TRY, NO_TRY)
  }
  into.milliseconds(r.durationMs)
  into.fixed(IN)
  into.whole(r.bytesIn)
  into.fixed(OUT)
  into.whole(r.bytesOut)
  if (r.userAgent === null) into.fixed(NO_USER_AGENT)
  else {
    into.fixed(USER_AGENT)
    into.quoted(r.userAgent)
  }
}

/** Puts lines with these fields in this order; throws for a name that is not a field. */
export function jsonLines(fields: readonly string[]): Put {
  // A decision that was not asked for is left out: most records have none.
  const whole = linesOf(fields)
  if (!fields.includes('decision')) return whole
  const without = linesOf(fields.filter((name) => name !== 'decision'))
  return (into, record) => (record.decision === null ? without : whole)(into, record)
}

const EMPTY = fixed('{}\n')

function linesOf(fields: readonly string[]): Put {
  if (fields.length === 0) return (into) => into.fixed(EMPTY)
  const usual = USUAL.every((name, i) => fields[i] === name)
  const from = usual ? USUAL.length : 0
  const rest = fields.slice(from).map((name, i) => ({ text: before(name, from + i), put: writer(fieldOf(name)) }))
  return (into, record) => {
    if (usual) putUsual(into, record)
    for (const { text, put } of rest) {
      into.fixed(text)
      put(into, record)
    }
    into.fixed(END)
  }
}
