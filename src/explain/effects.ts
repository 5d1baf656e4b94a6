// What a filter has done, told by comparing before and after.

import type { Exchange } from '../model/exchange.ts'
import { fieldValue } from '../model/field-text.ts'
import type { LocalAnswer } from '../model/message.ts'
import { isSecretField } from '../model/secret-fields.ts'

/** Longest value that is repeated. */
const MAX_QUOTED = 200

/** What request sides may change. */
export interface RequestState {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly authority: string
  readonly fields: string
  readonly maxBody: number
}

export const requestState = ({ method, path, query, authority, fields, maxBody }: Exchange): RequestState => ({
  method,
  path,
  query,
  authority,
  fields,
  maxBody,
})

/** '' = nothing. */
export function requestEffect(before: RequestState, after: RequestState): string {
  const changes: string[] = []
  if (after.method !== before.method) changes.push(`method becomes ${after.method}`)
  if (after.path !== before.path) changes.push(`path becomes ${after.path}`)
  if (after.query !== before.query) changes.push(`query becomes ${after.query === '' ? 'empty' : after.query}`)
  if (after.authority !== before.authority) changes.push(`host becomes ${after.authority}`)
  if (after.maxBody !== before.maxBody) changes.push(`a body of more than ${after.maxBody} bytes is refused`)
  return [...changes, ...fieldChanges(before.fields, after.fields)].join(', ')
}

/** Of canonical field lines. */
export function fieldChanges(before: string, after: string): string[] {
  if (before === after) return []
  const [old, now] = [linesOf(before), linesOf(after)]
  const changes: string[] = []
  for (const [name, values] of now) {
    const had = old.get(name)
    if (had === undefined) changes.push(`sets ${name}: ${shown(name, values)}`)
    else if (had.join('\n') !== values.join('\n')) changes.push(`changes ${name} to ${shown(name, values)}`)
  }
  for (const name of old.keys()) if (!now.has(name)) changes.push(`removes ${name}`)
  return changes
}

export function answerEffect({ status, fields, reason }: LocalAnswer): string {
  const location = fieldValue(fields, 'location')
  return `answers ${status}${reason === undefined ? '' : `, reason ${reason}`}${location === null ? '' : `, location ${location}`}`
}

/** Names in lower case, values in their order. */
function linesOf(fields: string): Map<string, string[]> {
  const lines = new Map<string, string[]>()
  for (const line of fields.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon < 1) continue
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    lines.set(name, [...(lines.get(name) ?? []), value])
  }
  return lines
}

/** Header fields of an answer by name in lower case, lines of one name joined by `, `. */
export function fieldValues(fields: string): Record<string, string> {
  return Object.fromEntries([...linesOf(fields)].map(([name, values]) => [name, values.join(', ')]))
}

function shown(name: string, values: readonly string[]): string {
  if (isSecretField(name)) return '***'
  const text = values.join(', ')
  return text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text
}
