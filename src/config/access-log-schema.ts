// `accessLog`: of the gateway, and of a route that wants it otherwise.

import * as z from 'zod'
import { fileName } from './secret-schema.ts'
import { didYouMean } from './suggest.ts'
import { durationOrOff, isToken, share } from './values.ts'
import { block, choice, type Refusal, refuse, text } from './written.ts'

export interface AccessLogConfig {
  /** `stdout`, `stderr` or a path; the path is absolute when it came from a configuration file. */
  readonly file: string
  /** `json`, `combined`, or a line with `${FIELD}` in it. */
  readonly format: string
  /** Fraction of the exchanges that are kept, 0 to 1. */
  readonly sample: number
  /** Exchanges that took longer are always kept; null = none for that reason. */
  readonly slow: number | null
  /** In this order; headers of the request as `header.NAME`, lower case. */
  readonly fields: readonly string[]
  /** Fraction of the exchanges that are kept and have not failed whose record holds the decision, 0 to 1. */
  readonly decision: number
}

/** `off` = its exchanges are not logged; null = as the gateway's. */
export type RouteAccessConfig =
  | 'off'
  | { readonly sample: number | null; readonly slow: number | 'off' | null; readonly fields: readonly string[] | null }

/** What a record holds where nothing else is said, in this order. */
export const ACCESS_LOG_FIELDS = [
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
  'decision',
] as const

/** What it may hold beside that, where it is asked for. */
export const ACCESS_LOG_MORE_FIELDS = [
  'receivedMs',
  'queueMs',
  'connectMs',
  'upstreamMs',
  'ttfbMs',
  'transferMs',
  'clientPort',
  'grpcStatus',
  'tlsVersion',
  'tlsCipher',
  'alpn',
  'sni',
  'clientSubject',
  'clientVerified',
  'clientFingerprint',
] as const

/** Words that stand for several. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  default: ACCESS_LOG_FIELDS,
  phases: ['receivedMs', 'queueMs', 'connectMs', 'upstreamMs', 'ttfbMs', 'transferMs'],
  tls: ['tlsVersion', 'tlsCipher', 'alpn', 'sni', 'clientSubject', 'clientVerified', 'clientFingerprint'],
}

const NAMES: readonly string[] = [...ACCESS_LOG_FIELDS, ...ACCESS_LOG_MORE_FIELDS]
const HEADER = 'header.'
/** Whoever reads a log is not to become somebody else by it. */
const SECRET = new Set(['authorization', 'proxy-authorization', 'cookie', 'x-api-key'])

function fieldNames(written: string, more: readonly string[] = []): readonly string[] | Refusal {
  const group = Object.hasOwn(GROUPS, written) && more.includes(written) ? GROUPS[written] : undefined
  if (group !== undefined) return group
  if (NAMES.includes(written)) return [written]
  const name = written.startsWith(HEADER) ? written.slice(HEADER.length).toLowerCase() : ''
  if (SECRET.has(name)) return refuse(`${written} is a secret: it does not belong into a log`)
  if (isToken(name)) return [HEADER + name]
  const hint = didYouMean(written, [...NAMES, ...more])
  return refuse(
    `unknown accessLog field "${written}"${hint || `; there are ${[...more, ...NAMES].join(', ')} and header.NAME`}`,
  )
}

const FIELD_WORDS = [...Object.keys(GROUPS), ...NAMES]

const field = text('the name of a field', (written) => fieldNames(written, Object.keys(GROUPS)), {
  title: 'word',
  anyOf: [
    { enum: FIELD_WORDS },
    { type: 'string', pattern: "^header\\.[!#$%&'*+\\-.^`|~\\w]+$" },
    { type: 'string', pattern: '\\$\\{[A-Z_]' },
  ],
})

const fields = z
  .array(field)
  .min(1, 'at least one field is needed')
  .transform((lists, context) => {
    const names = lists.flat()
    const twice = names.find((name, i) => names.indexOf(name) !== i)
    if (twice !== undefined) context.addIssue({ code: 'custom', message: `the field ${twice} stands here twice`, input: lists })
    return names
  })

const PLACE = /\$\{([^}]*)\}/g

function readFormat(written: string): string | Refusal {
  if (written === 'json' || written === 'combined') return written
  const names = [...written.matchAll(PLACE)].map((match) => match[1] ?? '')
  if (names.length === 0)
    return refuse(
      `expected json, combined or a template such as "\${time} \${status}"; got "${written}"${didYouMean(written, ['json', 'combined'])}`,
    )
  if (/[\r\n]/.test(written)) return refuse('a template is one line')
  if (/[^\t\x20-\x7e]/.test(written)) return refuse('a template is printable ASCII and tabs')
  if (written.replaceAll(PLACE, '').includes('${')) return refuse('a field of this template has no } at its end')
  for (const name of names) {
    const known = fieldNames(name)
    if (!Array.isArray(known)) return known as Refusal
  }
  return written
}

const format = text('json, combined or a template', readFormat, { title: 'json | combined | template' })

const off = choice('accessLog', ['off'])

const accessLogBlock = block({
  file: fileName()
    .prefault('stdout')
    .describe(
      'stdout, stderr or a path relative to the file it is written in; a file that is moved away or removed is made anew.',
    ),
  format: format
    .prefault('json')
    .describe('json, combined (as Apache and nginx write it) or a line in which fields stand as in a shell script, by name.'),
  sample: share().prefault('100%').describe('Share of the exchanges that are kept; errors and slow ones always are.'),
  slow: durationOrOff().prefault('1s').describe('Exchanges that take longer are always kept.'),
  fields: fields
    .optional()
    .describe('What a JSON record holds, in this order: names, header.NAME, and default, phases, tls for several.'),
  decision: share()
    .prefault('0%')
    .describe('Share of the kept exchanges whose record says why things went as they did; that of errors always does.'),
}).transform(({ fields, ...rest }, context): AccessLogConfig => {
  if (fields !== undefined && rest.format !== 'json')
    context.addIssue({ code: 'custom', path: ['fields'], message: 'fields are those of format json', input: fields })
  return { ...rest, fields: fields ?? [...ACCESS_LOG_FIELDS] }
})

/** Of the gateway. */
export const accessLog = z
  .union([off.transform(() => null), accessLogBlock])
  .optional()
  .transform((written) => written ?? null)
  .describe('One record for every exchange; absent = none; {} = with the defaults.')

/** Of a route. */
export const routeAccessLog = z
  .union([
    off,
    block({
      sample: share().optional().describe('Share of its exchanges that are kept; errors and slow ones always are.'),
      slow: durationOrOff().optional().describe('Those that take longer are always kept.'),
      fields: fields.optional().describe('What a JSON record holds.'),
    }).transform(
      ({ sample = null, slow, fields = null }): RouteAccessConfig => ({
        sample,
        slow: slow === undefined ? null : (slow ?? 'off'),
        fields,
      }),
    ),
  ])
  .optional()
  .transform((written) => written ?? null)
  .describe('Logs this route otherwise than `accessLog` says; off = not at all. What is left out is as there.')
