// What gRPC adds to HTTP, as far as a gateway has to know: statuses, deadlines, and how it says that something is wrong. Source: "gRPC
// over HTTP2" and "HTTP to gRPC Status Code Mapping" of the gRPC project.

import type { Exchange } from './exchange.ts'
import { editFields, fieldValue } from './field-text.ts'
import type { LocalAnswer } from './message.ts'
import { REASONS, type ReasonCode } from './reasons.ts'

/** By number, as they are written in `retry.on` behind `grpc-`. */
export const GRPC_STATUSES = [
  'ok',
  'cancelled',
  'unknown',
  'invalid-argument',
  'deadline-exceeded',
  'not-found',
  'already-exists',
  'permission-denied',
  'resource-exhausted',
  'failed-precondition',
  'aborted',
  'out-of-range',
  'unimplemented',
  'internal',
  'unavailable',
  'data-loss',
  'unauthenticated',
] as const

const CODE = {
  UNKNOWN: 2,
  DEADLINE_EXCEEDED: 4,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const

/** Where the HTTP status does not say enough. */
const BY_REASON: Readonly<Partial<Record<ReasonCode, number>>> = {
  'request-timeout': CODE.DEADLINE_EXCEEDED,
  'attempt-timeout': CODE.DEADLINE_EXCEEDED,
  'idle-timeout': CODE.DEADLINE_EXCEEDED,
  // What GRPCRoute of the Gateway API asks for.
  'invalid-reference': CODE.UNAVAILABLE,
}

const BY_HTTP_STATUS: Readonly<Record<number, number>> = {
  400: CODE.INTERNAL,
  401: CODE.UNAUTHENTICATED,
  403: CODE.PERMISSION_DENIED,
  404: CODE.UNIMPLEMENTED,
  405: CODE.UNIMPLEMENTED,
  413: CODE.RESOURCE_EXHAUSTED,
  429: CODE.RESOURCE_EXHAUSTED,
  431: CODE.RESOURCE_EXHAUSTED,
  500: CODE.INTERNAL,
  501: CODE.UNIMPLEMENTED,
  502: CODE.UNAVAILABLE,
  503: CODE.UNAVAILABLE,
  504: CODE.UNAVAILABLE,
}

/** The status in canonical field lines (a trailers-only head, or trailers); -1 = there is none that can be read. */
export function grpcStatusIn(fields: string): number {
  const value = fieldValue(fields, 'grpc-status')
  return value !== null && /^\d{1,9}$/.test(value) ? Number(value) : -1
}

/** That the called one is to blame: what a 5xx is in HTTP. unknown, deadline-exceeded, unimplemented, internal, unavailable, data-loss. */
const FAULTS: ReadonlySet<number> = new Set([2, 4, 12, 13, 14, 15])
export const isGrpcFault = (status: number | null): boolean => status !== null && FAULTS.has(status)

/** In words, for logs and metrics: bounded, whatever an endpoint says. */
export const grpcStatusName = (status: number): string => GRPC_STATUSES[status] ?? 'unknown'

const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }
/** The longest that a timer can wait. */
const MAX_MS = 2 ** 31 - 1

/** Milliseconds until the client's deadline, at least 1; 0 = none, or none that can be read. */
export function grpcTimeout(head: string): number {
  const value = fieldValue(head, 'grpc-timeout')
  const parts = value === null ? null : /^(\d{1,8})([HMSmun])$/.exec(value)
  if (parts === null) return 0
  return Math.min(Math.max(Math.ceil(Number(parts[1]) * (UNIT_MS[parts[2] as string] as number)), 1), MAX_MS)
}

/** The request's time: the smaller of its deadline and `requestTimeout`; 0 = none. */
export function grpcRequestTimeout(head: string, requestTimeout: number): number {
  const timeout = grpcTimeout(head)
  return timeout === 0 || (requestTimeout > 0 && requestTimeout < timeout) ? requestTimeout : timeout
}

/** An answer of ours in the form that gRPC clients understand: status 200, and the status in trailers only. Notes it in `x`. */
export function grpcAnswer(x: Exchange, answer: LocalAnswer): LocalAnswer {
  const { status, fields, body, reason } = answer
  // A filter that answers on purpose may know gRPC itself.
  if (status < 300) {
    x.grpcStatus = grpcStatusIn(fields)
    return answer
  }
  x.grpcStatus = (reason === undefined ? undefined : BY_REASON[reason]) ?? BY_HTTP_STATUS[status] ?? CODE.UNKNOWN
  const message = messageOf(fields, body)
  const said = message === '' ? '' : `grpc-message: ${percentEncode(message)}\r\n`
  const own = `content-type: application/grpc\r\ngrpc-status: ${x.grpcStatus}\r\n${said}`
  return { ...answer, status: 200, fields: editFields(fields, HTTP_ONLY, own), body: '' }
}

/** Trailers for a stream that the gateway breaks off for `x.reason`. Notes the status in `x`. */
export function grpcCutTrailers(x: Exchange): string {
  const reason = x.reason ?? 'reset'
  const { status, title } = REASONS[reason]
  x.grpcStatus = BY_REASON[reason] ?? BY_HTTP_STATUS[status] ?? CODE.UNKNOWN
  return `grpc-status: ${x.grpcStatus}\r\n${x.listener.detail ? `grpc-message: ${percentEncode(title)}\r\n` : ''}`
}

const HTTP_ONLY = ['content-type', 'content-language', 'content-encoding', 'allow', 'location', 'grpc-status', 'grpc-message']

/** What a problem says of itself. */
function messageOf(fields: string, body: string): string {
  if (fieldValue(fields, 'content-type') !== 'application/problem+json') return ''
  try {
    const { title = '', detail = '' } = JSON.parse(body) as { title?: string; detail?: string }
    return detail === '' ? title : `${title}: ${detail}`
  } catch {
    return ''
  }
}

/** Everything but printable ASCII, and the percent sign, as UTF-8 bytes in hexadecimal. */
function percentEncode(message: string): string {
  return message.replace(/[^\x20-\x24\x26-\x7e]+/g, (part) =>
    Array.from(Buffer.from(part), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  )
}
