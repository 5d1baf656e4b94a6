// Blocks of the JSON Schema as tables of keys, for the pages that are made from it.

import type { JsonSchema } from '../src/config/json-schema.ts'

interface Row {
  readonly key: string
  readonly type: string
  readonly fallback: string
  readonly meaning: string
}

export const code = (text: string): string => `\`${text}\``
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
export const isLater = (schema: JsonSchema): boolean => schema.not !== undefined

/** Keys whose inside has a page of its own. */
const ELSEWHERE = new Set(['filters'])

/** The block among the alternatives of a value, or of the items of a list. */
export function blockOf(schema: JsonSchema): { block: JsonSchema; suffix: string } | null {
  if (schema.properties) return { block: schema, suffix: '' }
  if (schema.items) {
    const inner = blockOf(schema.items)
    return inner && { block: inner.block, suffix: `[]${inner.suffix}` }
  }
  if (typeof schema.additionalProperties === 'object') {
    const inner = blockOf(schema.additionalProperties)
    return inner && { block: inner.block, suffix: `.NAME${inner.suffix}` }
  }
  const blocks = (schema.anyOf ?? []).flatMap((alternative) => blockOf(alternative) ?? [])
  const [only, ...more] = blocks
  if (!only || more.length === 0) return only ?? null
  // Alternatives that are blocks: what one of them requires, the others do not have.
  return { block: { properties: Object.assign({}, ...blocks.map(({ block }) => block.properties)) }, suffix: only.suffix }
}

export function typeOf(schema: JsonSchema): string {
  if (schema.title) return schema.title
  if (schema.items) return `list of ${typeOf(schema.items)}`
  if (schema.properties) return 'block'
  if (typeof schema.additionalProperties === 'object') return `map of name to ${typeOf(schema.additionalProperties)}`
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(' | ')
  return schema.type === 'string' ? 'text' : (schema.type ?? '')
}

function fallbackOf(schema: JsonSchema, required: boolean): string {
  if (required) return 'required'
  if (schema.default === undefined) return ''
  if (JSON.stringify(schema.default) === '{}') return ''
  if (Array.isArray(schema.default) && schema.default.length > 3) return 'all'
  return code(typeof schema.default === 'string' ? schema.default : JSON.stringify(schema.default))
}

export function rowsOf(block: JsonSchema, prefix: string): Row[] {
  return Object.entries(block.properties ?? {})
    .filter(([, schema]) => !isLater(schema))
    .flatMap(([name, schema]) => {
      const key = `${prefix}${name}`
      const row = {
        key,
        type:
          schema.items && schema.items.title === typeOf(schema.items) && typeOf(schema.items).includes(' | ')
            ? 'list of words'
            : typeOf(schema),
        fallback: fallbackOf(schema, block.required?.includes(name) ?? false),
        meaning: schema.description ?? '',
      }
      const inner = ELSEWHERE.has(name) ? null : blockOf(schema)
      return [row, ...(inner ? rowsOf(inner.block, `${key}${inner.suffix}.`) : [])]
    })
}

export function notYet(block: JsonSchema): string[] {
  return Object.entries(block.properties ?? {}).flatMap(([name, schema]) => {
    if (isLater(schema)) return [name]
    const inner = ELSEWHERE.has(name) ? null : blockOf(schema)
    return inner ? notYet(inner.block).map((below) => `${name}${inner.suffix}.${below}`) : []
  })
}

export const table = (rows: readonly Row[]): string =>
  ['| key | type | default | meaning |', '| --- | --- | --- | --- |']
    .concat(
      rows.map(({ key, type, fallback, meaning }) => `| ${code(key)} | ${cell(type)} | ${cell(fallback)} | ${cell(meaning)} |`),
    )
    .join('\n')
