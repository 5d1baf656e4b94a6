// Changes of header fields, compiled into one pass over the field lines: remove, then set, then add.

import type { Exchange } from '../model/exchange.ts'
import { editFields } from '../model/field-text.ts'
import { compileTemplate, render, type Template } from './template.ts'

export interface HeaderEdit {
  readonly set: Readonly<Record<string, string>>
  readonly add: Readonly<Record<string, string>>
  readonly remove: readonly string[]
}

/** The function from canonical lines to canonical lines. Values that turn out to hold a line end lose it: nothing can be smuggled in. */
export function compileHeaderEdit({ set, add, remove }: HeaderEdit): (x: Exchange, fields: string) => string {
  const drop = [...new Set([...remove, ...Object.keys(set)].map((name) => name.toLowerCase()))]
  const lines = [...Object.entries(set), ...Object.entries(add)].map(([name, value]) => ({
    name,
    value: compileTemplate(value),
  }))
  if (lines.some(({ value }) => typeof value !== 'string')) return (x, fields) => editFields(fields, drop, linesOf(lines, x))
  const append = lines.map(({ name, value }) => `${name}: ${oneLine(value as string)}\r\n`).join('')
  return (_x, fields) => editFields(fields, drop, append)
}

function linesOf(lines: readonly { name: string; value: Template }[], x: Exchange): string {
  let out = ''
  for (const { name, value } of lines) out += `${name}: ${oneLine(render(value, x))}\r\n`
  return out
}

// Looking is cheaper than replacing nothing.
const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/
const EVERY_NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/g

/** A value of a request (a decoded path, say) may hold anything; a field value may not (RFC 9110 5.5). */
function oneLine(value: string): string {
  return (NOT_IN_VALUE.test(value) ? value.replace(EVERY_NOT_IN_VALUE, '') : value).trim()
}
