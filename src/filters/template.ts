// Templates in filter values: `${request.path}` and the like, compiled once; a text without any is a constant.

import type { Exchange } from '../model/exchange.ts'
import { fieldValue } from '../model/field-text.ts'

/** What is being answered, for the templates of error pages. */
export interface Answered {
  readonly status: number
  readonly code: string
}

type Value = (x: Exchange, answered: Answered) => string

/** What every template may name, and how it is found. A header is `request.header.NAME`. */
export const TEMPLATE_VALUES: Readonly<Record<string, Value>> = {
  'request.path': (x) => x.path,
  'request.method': (x) => x.method,
  'request.host': (x) => x.host,
  'client.ip': (x) => x.client,
  'route.name': (x) => x.binding?.name ?? '',
  'tls.sni': ({ downstream: { peer } }) => peer.tls?.sni ?? '',
  'tls.version': ({ downstream: { peer } }) => peer.tls?.version ?? '',
  'tls.client.subject': ({ downstream: { peer } }) => peer.tls?.client?.subject ?? '',
  'tls.client.verified': ({ downstream: { peer } }) => peer.tls?.client?.verified.toString() ?? '',
  'tls.client.fingerprint': ({ downstream: { peer } }) => peer.tls?.client?.fingerprint ?? '',
}

/** What those of error pages may name beside that. */
export const ANSWER_VALUES: Readonly<Record<string, Value>> = {
  status: (_x, { status }) => String(status),
  code: (_x, { code }) => code,
}

const HEADER = 'request.header.'
const NOTHING: Answered = { status: 0, code: '' }

/** A text that never changes is a string. */
export type Template = string | Value

/** Spells a value (by its name) so that it means nothing where it is put. The text around it is the operator's. */
export type Escape = (value: string, name: string) => string

/** Throws when a template names something that there is not. */
export function compileTemplate(
  text: string,
  spell: Escape = (value) => value,
  values: Readonly<Record<string, Value>> = TEMPLATE_VALUES,
): Template {
  const parts: Template[] = []
  let from = 0
  for (const match of text.matchAll(/\$\{([a-z][^}]*)\}/g)) {
    const name = match[1] as string
    const value = lookUp(name, values)
    parts.push(text.slice(from, match.index), (x, answered) => spell(value(x, answered), name))
    from = match.index + match[0].length
  }
  if (parts.length === 0) return text
  parts.push(text.slice(from))
  return (x, answered) => {
    let out = ''
    for (const part of parts) out += typeof part === 'string' ? part : part(x, answered)
    return out
  }
}

export function render(template: Template, x: Exchange, answered: Answered = NOTHING): string {
  return typeof template === 'string' ? template : template(x, answered)
}

function lookUp(name: string, values: Readonly<Record<string, Value>>): Value {
  const known = Object.hasOwn(values, name) ? values[name] : undefined
  if (known !== undefined) return known
  if (!name.startsWith(HEADER) || name.length === HEADER.length) {
    throw new Error(`unknown template \${${name}}: there are ${[...Object.keys(values), `${HEADER}NAME`].join(', ')}`)
  }
  const header = name.slice(HEADER.length).toLowerCase()
  return (x) => (header === 'host' ? x.authority : (fieldValue(x.fields, header) ?? ''))
}
