// The filters that answer, or that change what an answer says: respond, errorPages, faults, bodyLimit.

import * as z from 'zod'
import { duration, integer, share, size } from '../values.ts'
import { AT_KEY, block, choice, numberOrText, oneOrMore, refuse } from '../written.ts'
import { givenFields } from './headers-schema.ts'
import { template, withoutTemplates } from './templates.ts'

export type RespondConfig = AnswerConfig | RefusalConfig

export interface AnswerConfig {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The route cannot be served as it was meant: answered like any error of the gateway's own. */
export interface RefusalConfig {
  readonly reason: (typeof REFUSALS)[number]
  /** For clients and `explain`; '' = the reason says enough. */
  readonly detail: string
}

/** Of the table of reasons; the status is the reason's. */
const REFUSALS = ['invalid-reference', 'refused-object'] as const

export interface ErrorPageConfig {
  /** `502` or `5xx`. */
  readonly codes: readonly string[]
  /** null = there is none. At least one of the two is there. */
  readonly html: string | null
  readonly json: string | null
}

export interface FaultsConfig {
  readonly delay: { readonly time: number; readonly share: number } | null
  readonly abort: { readonly status: number; readonly share: number } | null
}

export interface BodyLimitConfig {
  readonly bytes: number
  readonly mode: 'enforce' | 'observe'
}

/** Of every filter that may deny. */
const mode = () =>
  choice('mode', ['enforce', 'observe']).prefault('enforce').describe('observe: count what would be denied, and let it pass.')

const body = () => template('text', () => null, { title: 'text' })

/** Of an answer that is a refusal. */
const REFUSAL_KEYS = ['reason', 'detail']

export const respondSchema = block({
  status: integer(200, 599).optional().describe('The status; 200 where neither status nor reason is given.'),
  headers: givenFields('response')
    .optional()
    .describe('Fields of the answer; content-type is text/plain where a body has none.'),
  body: body().optional().describe('Values of templates are escaped for the content type (HTML, XML, JSON).'),
  reason: choice('reason', REFUSALS)
    .optional()
    .describe('Instead of all these: an error of the gateway itself, with the status of this reason, see reasons.md.'),
  detail: z
    .string()
    .max(1000, 'at most 1000 characters')
    .optional()
    .describe('Behind reason: more about it, for the client (unless errors.detail is minimal) and for explain.'),
}).transform((written, context): RespondConfig => {
  const { status = 200, headers = {}, body = '', reason, detail } = written
  const complain = (message: string, path: string[]): void =>
    context.addIssue({ code: 'custom', message, path, input: written, params: AT_KEY })
  if (reason !== undefined) {
    const other = Object.entries(written).find(([key, value]) => value !== undefined && !REFUSAL_KEYS.includes(key))
    if (other !== undefined)
      complain(`${other[0]} and reason cannot stand together: the reason says what is answered`, [other[0]])
    return { reason, detail: detail ?? '' }
  }
  if (detail !== undefined) complain('detail belongs to a reason', ['detail'])
  if (body !== '' && [204, 205, 304].includes(status))
    context.addIssue({ code: 'custom', message: `an answer with status ${status} has no body`, path: ['body'], input: written })
  return { status, headers, body }
})

const errorCode = () =>
  numberOrText(
    'a status such as 502, 4xx or 5xx',
    (written) =>
      /^(?:[45]xx|[45]\d\d)$/.test(written)
        ? written
        : refuse(`"${written}" is not a status of an error: 400 to 599, 4xx or 5xx`),
    { title: 'status', anyOf: [{ type: 'integer', minimum: 400, maximum: 599 }, { enum: ['4xx', '5xx'] }, { type: 'string' }] },
  )

const ANSWER_TEMPLATES = ['status', 'code']

const jsonProblem = (written: string) => {
  try {
    JSON.parse(withoutTemplates(written, (name) => (name === 'status' ? '0' : '')))
    return null
  } catch (error) {
    return refuse(`this is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

export const errorPagesSchema = z
  .array(
    block({
      codes: oneOrMore(errorCode()).describe('One status or class (4xx, 5xx), or a list of them.'),
      html: template('text', () => null, { title: 'text' }, ANSWER_TEMPLATES)
        .optional()
        .describe('For clients that prefer text/html. Templates: $' + '{status}, $' + '{code} and the usual ones, escaped.'),
      json: template('text', jsonProblem, { title: 'text' }, ANSWER_TEMPLATES)
        .optional()
        .describe('For the others, as application/json.'),
    }).transform((written, context): ErrorPageConfig => {
      const { codes, html = null, json = null } = written
      if (html === null && json === null)
        context.addIssue({ code: 'custom', message: 'html or json is needed', input: written })
      return { codes, html, json }
    }),
  )
  .min(1, 'at least one page is needed')

/** Longer than anybody waits; a request that is held up keeps its memory. */
const MAX_DELAY = 10 * 60_000

export const faultsSchema = block({
  delay: block({
    time: duration()
      .refine((time) => time <= MAX_DELAY, 'a delay is at most 10m')
      .describe('How long a request is held up before it goes on, at most 10m.'),
    share: share().prefault('100%').describe('Of the requests.'),
  })
    .optional()
    .describe('Holds requests up.'),
  abort: block({
    status: integer(400, 599).describe('The status of the answer.'),
    share: share().prefault('100%').describe('Of the requests.'),
  })
    .optional()
    .describe('Answers requests with an error.'),
}).transform((written, context): FaultsConfig => {
  const { delay = null, abort = null } = written
  if (delay === null && abort === null)
    context.addIssue({ code: 'custom', message: 'delay or abort is needed', input: written })
  return { delay, abort }
})

const bytes = () => size(0, Number.MAX_SAFE_INTEGER)

export const bodyLimitSchema = z.union([
  bytes().transform((limit): BodyLimitConfig => ({ bytes: limit, mode: 'enforce' })),
  block({ bytes: bytes().describe('The largest body that passes.'), mode: mode() }),
])
