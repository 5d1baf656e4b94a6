// Bodies of errors in the operator's words, for answers of endpoints and for those made here. The status stays, and what the fields
// say beside the body.

import type { Exchange } from '../model/exchange.ts'
import { editFields, fieldValue } from '../model/field-text.ts'
import type { Filter } from '../model/filter.ts'
import { acceptance } from './acceptance.ts'
import { asText, escapeHtml, escapeJson } from './escape.ts'
import { ANSWER_VALUES, compileTemplate, render, TEMPLATE_VALUES, type Template } from './template.ts'

export interface ErrorPageOptions {
  /** Statuses (`502`) and classes (`5xx`). */
  readonly codes: readonly string[]
  /** null = there is none. At least one of the two is there. */
  readonly html: string | null
  readonly json: string | null
}

interface Page {
  readonly codes: ReadonlySet<string>
  readonly html: Template | null
  readonly json: Template | null
}

/** What described the body that is not sent; Date is written with the new one. */
const OF_THE_BODY = [
  'content-length',
  'content-type',
  'content-encoding',
  'content-language',
  'content-location',
  'content-disposition',
  'content-range',
  'content-digest',
  'repr-digest',
  'content-md5',
  'etag',
  'last-modified',
  'accept-ranges',
  'date',
]

const VALUES = { ...TEMPLATE_VALUES, ...ANSWER_VALUES }

export function errorPages(options: readonly ErrorPageOptions[]): Filter {
  const pages = options.map(
    ({ codes, html, json }): Page => ({
      codes: new Set(codes),
      html: html === null ? null : compileTemplate(html, (value) => escapeHtml(asText(value)), VALUES),
      json: json === null ? null : compileTemplate(json, (value) => escapeJson(asText(value)), VALUES),
    }),
  )
  return {
    name: 'errorPages',
    onResponse(x, { status, fields }) {
      if (status < 400) return null
      const page = pages.find(({ codes }) => codes.has(String(status)) || codes.has(`${Math.floor(status / 100)}xx`))
      const template = page === undefined ? null : chosen(page, x)
      if (page === undefined || template === null) return null
      const type = template === page.html ? 'text/html; charset=utf-8' : 'application/json'
      const vary = page.html !== null && page.json !== null ? 'vary: Accept\r\n' : ''
      return {
        status,
        fields: editFields(fields, OF_THE_BODY, `content-type: ${type}\r\n${vary}`),
        body: render(template, x, { status, code: codeOf(x, status) }),
      }
    },
  }
}

/** Browsers ask for HTML by name; who takes both alike is a program. null = what there is, is not wanted. */
function chosen({ html, json }: Page, x: Exchange): Template | null {
  const accept = fieldValue(x.head, 'accept')
  const forHtml = html === null ? 0 : acceptance(accept, 'text/html')
  const forJson = json === null ? 0 : acceptance(accept, 'application/json')
  if (forHtml > forJson) return html
  return forJson > 0 ? json : null
}

/** Why the gateway answers, if it may say so; the status otherwise. */
function codeOf(x: Exchange, status: number): string {
  return x.reason !== null && x.listener.detail ? x.reason : `http-${status}`
}
