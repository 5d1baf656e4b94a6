// Templates in filter values: `${request.path}` and the like, compiled once; a text without any is a constant.

import type { Exchange } from '../model/exchange.ts'
import { fieldValue } from '../model/field-text.ts'

/** What a template may name, and how it is found. A header is `request.header.NAME`. */
const VALUES: Readonly<Record<string, (x: Exchange) => string>> = {
  'request.path': (x) => x.path,
  'request.method': (x) => x.method,
  'request.host': (x) => x.host,
  'client.ip': (x) => x.client,
  'route.name': (x) => x.binding?.name ?? '',
}

const HEADER = 'request.header.'

/** A text that never changes is a string. */
export type Template = string | ((x: Exchange) => string)

/** Throws when a template names something that there is not. */
export function compileTemplate(text: string): Template {
  const parts: Template[] = []
  let from = 0
  for (const match of text.matchAll(/\$\{([a-z][^}]*)\}/g)) {
    parts.push(text.slice(from, match.index), lookUp(match[1] as string))
    from = match.index + match[0].length
  }
  if (parts.length === 0) return text
  parts.push(text.slice(from))
  return (x) => parts.map((part) => render(part, x)).join('')
}

export function render(template: Template, x: Exchange): string {
  return typeof template === 'string' ? template : template(x)
}

function lookUp(name: string): (x: Exchange) => string {
  const known = VALUES[name]
  if (known !== undefined) return known
  if (!name.startsWith(HEADER) || name.length === HEADER.length) {
    throw new Error(`unknown template \${${name}}: there are ${[...Object.keys(VALUES), `${HEADER}NAME`].join(', ')}`)
  }
  const header = name.slice(HEADER.length).toLowerCase()
  return (x) => (header === 'host' ? x.authority : (fieldValue(x.fields, header) ?? ''))
}
