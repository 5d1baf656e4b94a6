// Writes what is made from the schema: config/headgate.schema.json and docs/reference/configuration.md.
// Run it after every change of the schema: node scripts/generate-reference.ts

import { mkdirSync, writeFileSync } from 'node:fs'
import { type JsonSchema, jsonSchema, jsonSchemaText } from '../src/config/json-schema.ts'

const HEAD = `# Configuration reference

Generated from the schema by \`node scripts/generate-reference.ts\`; do not edit.

A configuration is one file of YAML 1.2 or JSON, with what it includes. Unknown keys are errors. Keys under *Not yet* are
known and refused by name until their feature is built.

| kind of value | how it is written |
| --- | --- |
| duration | \`250ms\`, \`5s\`, \`2m\`, \`1h\` |
| size | \`512\`, \`64KiB\`, \`10MiB\`, \`1GiB\` |
| share | \`20%\` |
| address | \`1.2.3.4:80\`, \`[::1]:80\`, \`name:80\`, \`unix:/path\` |
| host | \`example.org\`, \`"*.example.org"\` (any depth below) |
| regex | RE2 syntax; matches the whole value |
| off | switches off what has it as a possible value |

\`\${NAME}\` and \`\${NAME:-default}\` in a text are replaced from the environment; between \`{ }\` or \`[ ]\` the text must stand in
quotes. Paths of files are relative to the file that they are written in.
`

interface Row {
  readonly key: string
  readonly type: string
  readonly fallback: string
  readonly meaning: string
}

const code = (text: string): string => `\`${text}\``
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const isLater = (schema: JsonSchema): boolean => schema.not !== undefined

/** Keys whose inside has a page of its own. */
const ELSEWHERE = new Set(['filters'])

/** The block among the alternatives of a value, or of the items of a list. */
function blockOf(schema: JsonSchema): { block: JsonSchema; suffix: string } | null {
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

function typeOf(schema: JsonSchema): string {
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

function rowsOf(block: JsonSchema, prefix: string): Row[] {
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

function notYet(block: JsonSchema): string[] {
  return Object.entries(block.properties ?? {}).flatMap(([name, schema]) => {
    if (isLater(schema)) return [name]
    const inner = ELSEWHERE.has(name) ? null : blockOf(schema)
    return inner ? notYet(inner.block).map((below) => `${name}${inner.suffix}.${below}`) : []
  })
}

const table = (rows: readonly Row[]): string =>
  ['| key | type | default | meaning |', '| --- | --- | --- | --- |']
    .concat(
      rows.map(({ key, type, fallback, meaning }) => `| ${code(key)} | ${cell(type)} | ${cell(fallback)} | ${cell(meaning)} |`),
    )
    .join('\n')

function section(title: string, block: JsonSchema): string {
  const later = notYet(block)
  const names = later.length > 0 ? `\n\nNot yet: ${later.map(code).join(', ')}.` : ''
  return `\n## ${title}\n\n${table(rowsOf(block, ''))}${names}\n`
}

/** The reference page as Markdown. */
export function referencePage(): string {
  const { properties = {}, ...top } = jsonSchema()
  const { listeners, routes, upstreams, ...rest } = properties
  const inside = (schema: JsonSchema | undefined): JsonSchema => (schema && blockOf(schema)?.block) ?? {}
  return [
    HEAD,
    section('Top level', { ...top, properties: rest }),
    '\nBeside these there are `listeners` (a list), `routes` (a list) and `upstreams` (a map by name):\n',
    section('`listeners[]`', inside(listeners)),
    section('`routes[]`', inside(routes)),
    section('`upstreams.NAME`', inside(upstreams)),
  ].join('')
}

if (import.meta.main) {
  const at = (path: string): URL => new URL(`../${path}`, import.meta.url)
  mkdirSync(at('docs/reference/'), { recursive: true })
  writeFileSync(at('config/headgate.schema.json'), jsonSchemaText())
  writeFileSync(at('docs/reference/configuration.md'), referencePage())
}
