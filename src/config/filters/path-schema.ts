// The filters that change where a request goes: rewrite and redirect.

import { RE2JS } from 're2js'
import * as z from 'zod'
import { host } from '../addresses.ts'
import { readRegex } from '../match-schema.ts'
import { integer } from '../values.ts'
import { block, choice, numberOrText, type Refusal, refuse, text } from '../written.ts'
import { hasTemplate, template, templateProblem, withoutTemplates } from './templates.ts'

export interface RewriteConfig {
  readonly path:
    | null
    | { readonly type: 'prefix' | 'path'; readonly value: string }
    /** Every match becomes `to`. */
    | { readonly type: 'regex'; readonly value: string; readonly to: string }
  /** null = stays. */
  readonly host: string | null
}

export interface RedirectConfig {
  /** null = as asked for. */
  readonly scheme: 'http' | 'https' | null
  readonly host: string | null
  readonly port: number | null
  readonly path: { readonly type: 'prefix' | 'path'; readonly value: string } | null
  readonly code: number
}

function pieceProblem(written: string): Refusal | null {
  if (/[?#]/.test(written)) return refuse(`"${written}": a path has no query; that of the request stays`)
  if (/[^!-~]|[\\"<>^`{|}]/.test(written))
    return refuse(`"${written}" holds a character that must be percent-encoded in a path`)
  if (/%(?![0-9a-f]{2})/i.test(written)) return refuse(`"${written}" holds a % that begins no percent-encoding`)
  if (/%(?:[01][0-9a-f]|7f)/i.test(written)) return refuse(`"${written}" holds an encoded control character`)
  return null
}

function pathProblem(written: string): Refusal | null {
  const plain = withoutTemplates(written, () => 'x')
  if (!plain.startsWith('/')) return refuse(`"${written}" is not a path: it must begin with /`)
  if (/(^|\/)(?:\.|%2e){1,2}(\/|$)/i.test(plain)) return refuse(`"${written}" holds a dot segment`)
  return pieceProblem(plain)
}

const newPath = () => template('a path such as /new', pathProblem, { title: 'path', examples: ['/new'] })

/** A host, with a port where one may be; of one with templates only these are looked at. */
const newHost = (port: boolean) =>
  text(
    'a host such as internal.example',
    (written) => {
      if (hasTemplate(written)) return templateProblem(written) ?? written
      const [, name = written, digits] = (port ? /^(.*?)(?::(\d{1,5}))?$/.exec(written) : null) ?? []
      const read = host().safeParse(name)
      if (!read.success) return refuse(read.error.issues[0]?.message ?? `"${written}" is not a host`)
      return Number(digits ?? 1) > 65535 || digits === '0' ? refuse(`"${written}": the port must be from 1 to 65535`) : written
    },
    { title: 'host' },
  )

/** References of a replacement must be to groups that there are. */
function replacementProblem(regex: string, to: string): string | null {
  const problem = pieceProblem(withoutTemplates(to, () => 'x').replace(/\$[$1-9]/g, 'x'))
  if (problem !== null) return problem.why
  const groups = RE2JS.compile(regex).groupCount()
  for (const [whole, named] of withoutTemplates(to, () => '').matchAll(/\$(.?)/g)) {
    if (named === '$') continue
    if (!/[1-9]/.test(named ?? '')) return `"${whole}" is not a reference: groups are $1 to $9, a dollar sign is $$`
    if (Number(named) > groups) return `${whole} refers to a group that is not there: the expression has ${groups}`
  }
  return null
}

export const rewriteSchema = block({
  prefix: newPath().optional().describe('Takes the place of the prefix by which the route was matched, whole segments.'),
  path: newPath().optional().describe('The whole path.'),
  regex: text('a regular expression', readRegex, { title: 'regex' })
    .optional()
    .describe('RE2 syntax, not anchored by itself: every match in the path is replaced by `to`.'),
  to: template('text', () => null, { title: 'text' })
    .optional()
    .describe('With regex: what takes the place of a match; $1 to $9 are its groups, $$ is a dollar sign.'),
  host: newHost(true).optional().describe('The Host that the endpoint gets, whatever `host` of the upstream says.'),
}).transform((written, context): RewriteConfig => {
  const wrong = (message: string, path: string[] = []) => {
    context.addIssue({ code: 'custom', message, path, input: written })
    return z.NEVER
  }
  const { prefix, path, regex, to, host: name = null } = written
  const given = [prefix, path, regex].filter((value) => value !== undefined).length
  if (given > 1) return wrong('only one of prefix, path and regex is possible')
  if (given === 0 && name === null) return wrong('one of prefix, path, regex and host is needed')
  if ((regex === undefined) !== (to === undefined)) return wrong('regex and to belong together')
  if (regex !== undefined && to !== undefined) {
    const problem = replacementProblem(regex, to)
    if (problem !== null) return wrong(problem, ['to'])
    return { path: { type: 'regex', value: regex, to }, host: name }
  }
  if (prefix !== undefined) return { path: { type: 'prefix', value: prefix }, host: name }
  return { path: path === undefined ? null : { type: 'path', value: path }, host: name }
})

const CODES = [301, 302, 303, 307, 308]

const redirectPath = z.union([
  newPath().transform((value) => ({ type: 'path' as const, value })),
  block({
    prefix: newPath().describe('Takes the place of the prefix by which the route was matched, whole segments.'),
  }).transform(({ prefix }) => ({ type: 'prefix' as const, value: prefix })),
])

export const redirectSchema = block({
  scheme: choice('scheme', ['http', 'https'])
    .optional()
    .describe("Without port it means the scheme's well-known port; absent: that of the request."),
  host: newHost(false).optional().describe('Absent: that of the request.'),
  port: integer(1, 65535).optional().describe('Absent and no scheme either: that of the request.'),
  path: redirectPath.optional().describe('The whole path, or { prefix } for the matched prefix; the query stays.'),
  code: numberOrText(
    'a status',
    (written) => (CODES.includes(Number(written)) ? Number(written) : refuse(`${written} is not one of ${CODES.join(', ')}`)),
    { title: CODES.join(' | '), anyOf: [{ enum: CODES }, { enum: CODES.map(String) }] },
  )
    .prefault(302)
    .describe('The status.'),
}).transform((written, context): RedirectConfig => {
  const { scheme = null, host: name = null, port = null, path = null, code } = written
  if (scheme === null && name === null && port === null && path === null)
    context.addIssue({ code: 'custom', message: 'one of scheme, host, port and path is needed', input: written })
  return { scheme, host: name, port, path, code }
})
