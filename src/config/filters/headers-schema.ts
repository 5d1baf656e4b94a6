// Names and values of header fields as filters may write them, and the two filters that edit fields.

import * as z from 'zod'
import { isToken } from '../values.ts'
import { AT_KEY, block, named, type Refusal, refuse, text } from '../written.ts'
import { template } from './templates.ts'

/** Fields that say how a message is delimited, or that mean one connection only: the engine's own (RFC 9110 7.6.1, RFC 9112 6). */
const ENGINE = [
  'connection',
  'content-length',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

export type Side = 'request' | 'response'

/** Why a filter may not write or remove that field; null = it may. */
export function fieldNameProblem(name: string, side: Side): Refusal | null {
  if (!isToken(name)) return refuse(`"${name}" is not the name of a header`)
  const lower = name.toLowerCase()
  if (lower === 'host' && side === 'request') return refuse('the header Host is changed by rewrite: { host: NAME }')
  if (ENGINE.includes(lower) || (side === 'response' && (lower === 'date' || lower === 'host')))
    return refuse(`the header ${name} is the gateway's own and cannot be changed`)
  return null
}

export const fieldName = (side: Side) =>
  text('the name of a header', (written) => fieldNameProblem(written, side) ?? written, {
    title: 'header',
    examples: ['x-a'],
  })

const valueProblem = (written: string): Refusal | null =>
  /[^\t\x20-\x7e]/.test(written)
    ? refuse('the value of a header is one line of printable ASCII')
    : written !== written.trim()
      ? refuse('the value of a header neither begins nor ends with white space')
      : null

export const fieldValue = () => template('the value of a header', valueProblem, { title: 'text' })

/** Fields by name, each name once whatever its case. */
const fieldMap = (side: Side) => givenFields(side).prefault({})

/** The same where it matters whether there are any. */
export const givenFields = (side: Side) =>
  named(fieldName(side), fieldValue()).superRefine((written, context) => {
    const seen = new Set<string>()
    for (const name of Object.keys(written)) {
      if (seen.has(name.toLowerCase())) {
        const message = `the header "${name}" is written twice`
        context.addIssue({ code: 'custom', message, path: [name], params: AT_KEY, input: written })
      }
      seen.add(name.toLowerCase())
    }
  })

export interface HeaderEditConfig {
  readonly set: Readonly<Record<string, string>>
  readonly add: Readonly<Record<string, string>>
  readonly remove: readonly string[]
}

export const headerEdit = (side: Side) =>
  block({
    set: fieldMap(side).describe('Fields that take the place of all that have their name.'),
    add: fieldMap(side).describe('Fields that are added to those that have their name.'),
    remove: z.array(fieldName(side)).prefault([]).describe('Names of fields that are taken out first.'),
  })
