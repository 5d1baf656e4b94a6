// Makes docs/reference/filters.md from the schema and scripts/filter-examples.ts. Run: node scripts/generate-reference.ts

import { TEMPLATES } from '../src/config/filters/templates.ts'
import { type JsonSchema, jsonSchema } from '../src/config/json-schema.ts'
import { FILTER_EXAMPLES, type FilterExample } from './filter-examples.ts'
import { blockOf, code, isLater, rowsOf, table, typeOf } from './schema-tables.ts'

export const FILTERS_PAGE = new URL('../docs/reference/filters.md', import.meta.url)

const HEAD = `# Filters

<!-- Made by scripts/generate-reference.ts from the schema and scripts/filter-examples.ts. Every example here is run by a test. -->

\`filters\` of a route is a list; each item has one key, the name of a filter. Requests pass the filters in the order written,
responses in reverse order. Filters of one upstream of a weighted \`to\` follow those of the route when that upstream is chosen.
The same filter may be there several times.

- A filter that answers by itself ends the request: the filters behind it and the endpoint never see it. The filters in front of
  it see its answer like that of an endpoint.
- Answers that the gateway makes for other reasons (no endpoint, a timeout) pass the response sides of those filters that the
  request had passed. Interim responses (1xx) pass as they are.
- A retry sends what the filters have made of the request; they do not run again.
- The access log has the path that was asked for; \`upstream\` is chosen before the filters run.
- Framing and hop-by-hop fields, \`Host\` and \`Date\` belong to the gateway: filters cannot set or remove them.

Values may hold templates: ${[...TEMPLATES, 'request.header.NAME'].map((name) => code(`\${${name}}`)).join(', ')}. They are filled in when
the filter runs: \`request.path\` is the path as it is then. In a path, a value is one segment (\`/\` in it is refused with 400); in a
header it is one line; in a body it is escaped for HTML or JSON.

\`mode: observe\` lets pass what would be denied, and counts it in \`headgate_filter_denials_total{route,filter,mode}\`.
`

const HEADINGS: Readonly<Record<string, string>> = {
  rewrite: `A path that a filter makes is normalised like that of a request: what leaves the root or hides a separator is refused with 400. The
query stays. \`prefix\` needs a route whose every match is by prefix (or has no path).`,
  redirect: `The Location is made of the scheme, host, port, path and query that were asked for, with what is configured in their place.
A trusted \`X-Forwarded-Proto\` is the scheme that was asked for. A route whose filters redirect needs no \`to\`.`,
  respond: 'A route whose filters respond needs no `to`.',
  cors: `Preflights are answered with 204, those of other origins without any permission. Other requests of any origin go on; their answers,
errors too, get the fields for origins that are allowed. What endpoints say about it is replaced. The route must take \`OPTIONS\`.`,
  bodyLimit: `A body whose length is known is refused before anything is sent to an endpoint; another when it passes the limit. The
listener's \`limits.bodyBytes\` holds as well.`,
  errorPages: `\`\${status}\` is the status, \`\${code}\` the reason of an answer made here (with \`errors: { detail: minimal }\`, and for answers of
endpoints, \`http-STATUS\`). HTML is for clients whose \`Accept\` prefers it, JSON for the others; who accepts neither gets the answer as it
was. Status and headers stay, but for those that describe the old body.`,
  faults: `A delay is counted in ticks of 50 ms and ends when the client leaves. Requests that are answered so are in
\`headgate_rejected_total{reason="fault"}\`.`,
}

function lines(of: readonly (string | number)[]): string {
  return of.map((line) => code(String(line))).join('<br>')
}

function example({ filters, prefix, request, body, answer, endpoint, client, clientBody }: FilterExample): string {
  const asked = [...request, ...(body === undefined ? [] : [body])]
  const rows: [string, string][] = [
    ['is asked', lines(asked)],
    ['the endpoint gets', endpoint === null ? 'nothing' : lines(endpoint)],
    ...(answer === undefined
      ? []
      : ([['the endpoint answers', lines([answer.status, ...(answer.headers ?? [])])]] as [string, string][])),
    ['the client gets', lines([...client, ...(clientBody === undefined ? [] : [clientBody.trimEnd()])])],
  ]
  const route = prefix === undefined ? '' : `match: [{ path: { prefix: ${prefix} } }]\n`
  const cells = rows.map(([what, said]) => `| ${what} | ${said.replaceAll('|', '\\|')} |`).join('\n')
  return `\`\`\`yaml\n${route}filters:\n${filters.replace(/^/gm, '  ')}\n\`\`\`\n\n| | |\n| --- | --- |\n${cells}\n`
}

function section(name: string, schema: JsonSchema): string {
  const block = blockOf(schema)
  const keys = block === null ? '' : `${table(rowsOf(block.block, block.suffix === '' ? '' : `${block.suffix}.`))}\n\n`
  const about = [schema.description, HEADINGS[name]].filter((text) => text !== undefined).join('\n\n')
  const examples = (FILTER_EXAMPLES[name] ?? []).map(example).join('\n')
  return `\n## ${name}\n\n${about}\n\nWritten as: ${typeOf(schema)}.\n\n${keys}${examples}`
}

export function filtersPage(): string {
  const filters = Object.entries(filterSchemas())
  const later = filters.filter(([, schema]) => isLater(schema)).map(([name]) => code(name))
  return [
    HEAD,
    ...filters.filter(([, schema]) => !isLater(schema)).map(([name, schema]) => section(name, schema)),
    later.length === 0 ? '' : `\n## Not yet\n\n${later.join(', ')}: known, and refused by name.\n`,
  ].join('')
}

/** By name, those that are not built too. */
export function filterSchemas(): Readonly<Record<string, JsonSchema>> {
  const route = jsonSchema().properties?.routes
  const filters = route === undefined ? undefined : blockOf(route)?.block.properties?.filters
  return (filters === undefined ? undefined : blockOf(filters)?.block.properties) ?? {}
}
