// Every example of docs/reference/filters.md does what the page says, and the page is current.

import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { FILTER_EXAMPLES, type FilterExample } from '../../scripts/filter-examples.ts'
import { FILTERS_PAGE, filterSchemas, filtersPage } from '../../scripts/generate-filters.ts'
import { scene } from '../support/gateway.ts'
import type { SeenMessage } from '../support/message-reader.ts'

t.test('the page is current: node scripts/generate-reference.ts', async (t) => {
  t.equal(readFileSync(FILTERS_PAGE, 'utf8'), filtersPage())
})

/** Built elsewhere, with examples of its own. */
const ELSEWHERE = ['plugin']

t.test('every filter that is built has an example', async (t) => {
  const built = Object.entries(filterSchemas()).filter(([, schema]) => schema.not === undefined)
  t.strictSame(
    built.map(([name]) => name).filter((name) => !ELSEWHERE.includes(name) && (FILTER_EXAMPLES[name] ?? []).length === 0),
    [],
  )
})

function holds(message: SeenMessage, lines: readonly string[]): string[] {
  return lines.filter((line) => {
    const colon = line.indexOf(':')
    return message.fields[line.slice(0, colon)] !== line.slice(colon + 2)
  })
}

function run(name: string, example: FilterExample): void {
  const { filters, prefix = '/', request, body = '', answer, endpoint: expected, client: told, clientBody } = example
  const route = { match: [{ path: { prefix } }], filters: parse(filters) as object[] }
  scene(name, { route }, async (t, { gateway, endpoint }) => {
    if (answer !== undefined) {
      endpoint.script = (_request, connection, phase) => {
        if (phase === 'end') connection.answer(answer.body ?? '', answer.headers, answer.status)
      }
    }
    const [line, ...headers] = request
    // Where dice are rolled, nothing happens before the next tick.
    const response = await (await gateway.client()).ask(line, ['host: api.example.com', ...headers], body)
    const [status, ...fields] = told
    t.equal(response.status, status)
    t.strictSame(holds(response, fields as string[]), [], 'fields that the client gets')
    if (clientBody !== undefined) t.equal(response.body, clientBody)
    const seen = endpoint.requests[0]
    if (expected === null) {
      t.equal(seen, undefined)
      return
    }
    const [target, ...lines] = expected
    t.equal(`${seen?.method} ${seen?.target}`, target)
    t.strictSame(holds(seen as SeenMessage, lines), [], 'fields that the endpoint gets')
  })
}

for (const [name, examples] of Object.entries(FILTER_EXAMPLES)) {
  for (const [index, example] of examples.entries()) run(`${name}, example ${index + 1}`, example)
}
