// Writes docs/reference/admin-api.md from the OpenAPI document of the admin API. Run: node scripts/generate-admin-api.ts

import { writeFileSync } from 'node:fs'
import { CALLS } from '../src/admin/calls.ts'
import { openApi } from '../src/admin/openapi.ts'
import { PROBLEMS } from '../src/admin/problems.ts'

export const ADMIN_API_PAGE = new URL('../docs/reference/admin-api.md', import.meta.url)

interface Schema {
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly description?: string
}
interface Media {
  readonly schema?: { readonly $ref: string }
}
interface Operation {
  readonly summary: string
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> }
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content: Readonly<Record<string, Media>> }>
  >
}

const document = openApi() as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

function shapeOf({ schema }: Media): Schema | undefined {
  return schema && document.components.schemas[schema.$ref.split('/').at(-1) as string]
}

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(' ')
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeOf))].join(' or ')
  if (schema.type === 'array') return `list of ${schema.items === undefined ? 'anything' : typeOf(schema.items)}`
  return [schema.type ?? 'anything'].flat().join(' or ')
}

/** What is said about a value, also where it may be null. */
function aboutOf({ description, anyOf = [] }: Schema): string {
  return description ?? anyOf.find((each) => each.description !== undefined)?.description ?? ''
}

/** One line a key, those inside behind their parents. */
function rows(schema: Schema, path = ''): string[] {
  const inner = schema.type === 'array' ? schema.items : schema.anyOf?.find(({ properties }) => properties !== undefined)
  if (inner !== undefined && schema.properties === undefined) return rows(inner, schema.type === 'array' ? `${path}[]` : path)
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const name = path === '' ? key : `${path}.${key}`
    const optional = schema.required?.includes(key) === true ? '' : ' (may be left out)'
    return [`| \`${name}\` | ${cell(typeOf(value))}${optional} | ${cell(aboutOf(value))} |`, ...rows(value, name)]
  })
}

function tableOf(media: Media): string[] {
  const schema = shapeOf(media)
  return schema === undefined ? [] : ['', '| Key | Type | Meaning |', '| --- | --- | --- |', ...rows(schema)]
}

function section(path: string, method: string, { summary, requestBody, responses }: Operation): string {
  const asks = requestBody?.content['application/json']
  const call = CALLS.find((each) => each.path === path)
  const facts = [
    call?.open ? 'Needs no token.' : '',
    call?.writes ? 'Refused with `read-only` where `admin.readOnly` is set.' : '',
  ].filter((fact) => fact !== '')
  const replies = Object.entries(responses)
    .filter(([, { content }]) => !('application/problem+json' in content))
    .flatMap(([status, { description, content }], i, all) => {
      const [first] = Object.values(content)
      const again =
        i > 0 && first?.schema !== undefined && Object.values(all[0]?.[1].content ?? {})[0]?.schema?.$ref === first.schema.$ref
      const types = Object.keys(content).map((type) => `\`${type}\``)
      return [
        '',
        `${status}${types.length === 0 ? '' : ` (${types.join(' or ')})`}: ${description}`,
        ...(again ? [] : tableOf(first ?? {})),
      ]
    })
  const refused = CALLS.length > 0 && replies.length === 0 ? ['', responses[501]?.description ?? ''] : []
  return [
    `## ${method.toUpperCase()} ${path}`,
    '',
    [summary, ...facts].join(' '),
    ...(asks === undefined ? [] : ['', 'Asked with (`application/json`):', ...tableOf(asks)]),
    ...replies,
    ...refused,
  ].join('\n')
}

export function adminApiPage(): string {
  const sections = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => section(path, method, operation)),
  )
  const problems = Object.entries(PROBLEMS).map(([code, { status, title }]) => `| \`${code}\` | ${status} | ${title}. |`)
  return `# Admin API

<!-- Made by scripts/generate-admin-api.ts from src/admin/openapi.ts. -->

\`GET /openapi.json\` of a running gateway is this page as an OpenAPI 3.1 document. [See what the gateway does](../tasks/observe.md) says
where it listens and who may ask.

Calls with GET take HEAD too; other methods are answered 405 with \`Allow\`. With \`admin.token\` every call but \`/\`, \`/healthz\` and
\`/ready\` asks for \`Authorization: Bearer TOKEN\`.

## Refusals

\`application/problem+json\` (RFC 9457) with \`type\`, \`title\`, \`status\`, a stable \`code\`, and \`detail\`, which says what to do:

| Code | Status | Why |
| --- | --- | --- |
${problems.join('\n')}

${sections.join('\n\n')}
`
}

if (import.meta.main) writeFileSync(ADMIN_API_PAGE, adminApiPage())
