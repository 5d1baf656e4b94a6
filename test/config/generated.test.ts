// What is made from the schema is current: `node scripts/generate-reference.ts` brings it up to date.

import { readFileSync } from 'node:fs'
import t from 'tap'
import { referencePage } from '../../scripts/generate-reference.ts'
import { type JsonSchema, jsonSchema, jsonSchemaText } from '../../src/config/json-schema.ts'

const committed = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

t.test('config/headgate.schema.json', async (t) => t.equal(committed('config/headgate.schema.json'), jsonSchemaText()))

t.test('docs/reference/configuration.md', async (t) => t.equal(committed('docs/reference/configuration.md'), referencePage()))

t.test('the reference names keys of every depth with their defaults', async (t) => {
  const page = referencePage()
  t.match(page, /\| `limits\.headerBytes` \| size \| `32KiB` \|/)
  t.match(page, /\| `match\[\]\.path\.prefix` \| path \|/)
  t.match(page, /Not yet: .*`tls\.acme`/)
})

t.test('every key that can be written has a meaning', async (t) => {
  const silent: string[] = []
  const visit = (schema: JsonSchema, path: string): void => {
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
      if (child.not === undefined && !child.description) silent.push(`${path}.${name}`)
      visit(child, `${path}.${name}`)
    }
    if (schema.items) visit(schema.items, path)
    if (typeof schema.additionalProperties === 'object') visit(schema.additionalProperties, path)
    for (const alternative of schema.anyOf ?? []) visit(alternative, path)
  }
  visit(jsonSchema(), '')
  t.same(silent, [])
})
