// What requests say of the trace that they belong to: W3C Trace Context (level 2) and B3, read strictly. What is not exactly as
// written there says nothing.

/** Where a request stands in a trace. */
export interface TraceContext {
  /** 32 hex digits, lower case, not all 0. */
  readonly traceId: string
  /** Of the span that asks: 16 hex digits, not all 0. */
  readonly spanId: string
  /** null = whoever asks has not decided. */
  readonly sampled: boolean | null
  /** Its trace id is random (W3C level 2). */
  readonly random: boolean
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/
const VERSION_00_LENGTH = 55
const SAMPLED = 1
const RANDOM = 2
const NO_TRACE = '0'.repeat(32)
const NO_SPAN = '0'.repeat(16)

/** null = it is not valid: a new trace is to begin. */
export function readTraceparent(value: string): TraceContext | null {
  const parts = TRACEPARENT.exec(value)
  if (parts === null) return null
  const [, version = '', traceId = '', spanId = '', flags = ''] = parts
  if (version === 'ff' || (version === '00' && value.length !== VERSION_00_LENGTH)) return null
  if (traceId === NO_TRACE || spanId === NO_SPAN) return null
  const bits = Number.parseInt(flags, 16)
  return { traceId, spanId, sampled: (bits & SAMPLED) !== 0, random: (bits & RANDOM) !== 0 }
}

export function traceparent(traceId: string, spanId: string, sampled: boolean, random: boolean): string {
  return `traceparent: 00-${traceId}-${spanId}-0${(sampled ? SAMPLED : 0) + (random ? RANDOM : 0)}\r\n`
}

const MAX_MEMBERS = 32
const MAX_STATE = 512
/** Members longer than this go first where there is too much. */
const LONG_MEMBER = 128
const KEY = /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})$/
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

/** What is passed on of `tracestate`; '' = nothing, because there is none or it is not valid. */
export function readTracestate(value: string): string {
  if (value.length > MAX_STATE * 16) return ''
  const members = value
    .split(',')
    .map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((member) => member !== '')
  if (members.length > MAX_MEMBERS) return ''
  const keys = new Set<string>()
  for (const member of members) {
    const equals = member.indexOf('=')
    const key = member.slice(0, equals)
    if (equals < 1 || !KEY.test(key) || !VALUE.test(member.slice(equals + 1)) || keys.has(key)) return ''
    keys.add(key)
  }
  return fitting(members)
}

function fitting(members: readonly string[]): string {
  let kept = [...members]
  const length = (): number => kept.join(',').length
  for (let i = kept.length - 1; i >= 0 && length() > MAX_STATE; i--) {
    if ((kept[i] as string).length > LONG_MEMBER) kept.splice(i, 1)
  }
  while (length() > MAX_STATE) kept = kept.slice(0, -1)
  return kept.join(',')
}

const B3 = /^(?:([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-([01d])(?:-[0-9a-f]{16})?)?)$/
const HEX_TRACE = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/
const HEX_SPAN = /^[0-9a-f]{16}$/

/** The five fields of B3 as they came; null = it is not there. */
export interface B3Fields {
  readonly single: string | null
  readonly traceId: string | null
  readonly spanId: string | null
  readonly sampled: string | null
  readonly flags: string | null
}

/** What B3 says without saying where in a trace: whether to sample the one that begins. */
export type B3Reading = TraceContext | { readonly traceId: null; readonly sampled: boolean } | null

/** The single field goes before the others. */
export function readB3({ single, traceId, spanId, sampled, flags }: B3Fields): B3Reading {
  if (single !== null) {
    if (single === '0' || single === '1' || single === 'd') return { traceId: null, sampled: single !== '0' }
    const parts = B3.exec(single.toLowerCase())
    return parts === null ? null : b3Context(parts[1] as string, parts[2] as string, decided(parts[3] ?? null))
  }
  const decision = flags === '1' ? true : decided(sampled)
  if (traceId === null && spanId === null) return decision === null ? null : { traceId: null, sampled: decision }
  const [trace, span] = [traceId?.toLowerCase() ?? '', spanId?.toLowerCase() ?? '']
  return HEX_TRACE.test(trace) && HEX_SPAN.test(span) ? b3Context(trace, span, decision) : null
}

/** B3 had 64 bits before. */
function b3Context(traceId: string, spanId: string, sampled: boolean | null): TraceContext | null {
  const whole = traceId.padStart(32, '0')
  return whole === NO_TRACE || spanId === NO_SPAN ? null : { traceId: whole, spanId, sampled, random: false }
}

function decided(word: string | null): boolean | null {
  if (word === '1' || word === 'd' || word === 'true') return true
  return word === '0' || word === 'false' ? false : null
}

/** One field or five, whichever the client used. */
export function b3Lines(traceId: string, spanId: string, parentId: string, sampled: boolean, single: boolean): string {
  const flag = sampled ? '1' : '0'
  if (single) return `b3: ${traceId}-${spanId}-${flag}${parentId === '' ? '' : `-${parentId}`}\r\n`
  const parent = parentId === '' ? '' : `x-b3-parentspanid: ${parentId}\r\n`
  return `x-b3-traceid: ${traceId}\r\nx-b3-spanid: ${spanId}\r\n${parent}x-b3-sampled: ${flag}\r\n`
}
