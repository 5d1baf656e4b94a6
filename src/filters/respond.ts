// Answers in the place of an endpoint.

import type { Filter } from '../model/filter.ts'
import { problem } from '../model/problem.ts'
import type { ReasonCode } from '../model/reasons.ts'
import { asText, escapeHtml, escapeJson } from './escape.ts'
import { compileHeaderEdit } from './header-edit.ts'
import { compileTemplate, type Escape, render } from './template.ts'

export type RespondOptions = AnswerOptions | RefusalOptions

interface AnswerOptions {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The status is that of the reason. */
interface RefusalOptions {
  readonly reason: ReasonCode
  readonly detail: string
}

const TYPE = 'content-type'

export function respond(options: RespondOptions): Filter {
  if ('reason' in options) return refuse(options)
  const { status, headers, body } = options
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === TYPE)?.[1]
  const set = type === undefined && body !== '' ? { [TYPE]: 'text/plain; charset=utf-8', ...headers } : headers
  const fieldsOf = compileHeaderEdit({ set, add: {}, remove: [] })
  const template = compileTemplate(body, escapeFor(type ?? ''))
  return {
    name: 'respond',
    onRequest: (x) => ({ status, fields: fieldsOf(x, ''), body: render(template, x) }),
  }
}

function refuse({ reason, detail }: RefusalOptions): Filter {
  return { name: 'respond', onRequest: (x) => problem(reason, detail, x.listener.detail) }
}

/** What a client sent must not become markup. */
function escapeFor(type: string): Escape {
  if (/\b(html|xml)\b/i.test(type)) return (value) => escapeHtml(asText(value))
  if (/\bjson\b/i.test(type)) return (value) => escapeJson(asText(value))
  return asText
}
