// The body of every error that the gateway answers by itself: RFC 9457, with a type and a code that stay.

import type { LocalAnswer } from './message.ts'
import { REASONS, type ReasonCode } from './reasons.ts'

const TYPE = 'https://headgate.dev/reasons/'

/** `detailed`: the reason may be told to the client (errors.detail: full). `status` and `retryAfter` where they are not those of the reason. */
export function problem(
  reason: ReasonCode,
  detail: string,
  detailed: boolean,
  status: number = REASONS[reason].status,
  retryAfter: number = REASONS[reason].retryAfter,
): LocalAnswer {
  const { title } = REASONS[reason]
  const retry = retryAfter > 0 ? `retry-after: ${retryAfter}\r\n` : ''
  const allow = status === 405 ? 'allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n' : ''
  const body = detailed
    ? { type: `${TYPE}${reason}`, title, status, code: reason, ...(detail === '' ? {} : { detail }) }
    : { type: 'about:blank', status, code: `http-${status}` }
  const said = detailed ? `x-headgate-reason: ${reason}\r\n` : ''
  return {
    status,
    fields: `content-type: application/problem+json\r\n${said}${allow}${retry}`,
    body: `${JSON.stringify(body)}\n`,
    reason,
    detail,
  }
}
