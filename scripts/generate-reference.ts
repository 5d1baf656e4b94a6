// Writes what is made from the schema: config/headgate.schema.json, docs/reference/configuration.md and filters.md there.
// Run it after every change of the schema: node scripts/generate-reference.ts

import { mkdirSync, writeFileSync } from 'node:fs'
import { type JsonSchema, jsonSchema, jsonSchemaText } from '../src/config/json-schema.ts'
import { FILTERS_PAGE, filtersPage } from './generate-filters.ts'
import { blockOf, code, notYet, rowsOf, table } from './schema-tables.ts'

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
  writeFileSync(FILTERS_PAGE, filtersPage())
}
