// `match` of a route: what a request must look like.

import { RE2JS } from 're2js'
import * as z from 'zod'
import type { MatchConfig, NamedMatchConfig, ValueMatchConfig } from './model.ts'
import { LARGEST_REGEX, regexSize } from './regex-size.ts'
import { boolean, isToken } from './values.ts'
import { AT_KEY, block, expecting, named, type Refusal, refuse, text } from './written.ts'

export function readRegex(written: string): string | Refusal {
  if (written.length > LARGEST_REGEX) return refuse(`this regular expression is longer than ${LARGEST_REGEX} characters`)
  if (regexSize(written) > LARGEST_REGEX)
    return refuse(`this regular expression is longer than ${LARGEST_REGEX} characters with its repetitions written out`)
  try {
    RE2JS.compile(written)
    return written
  } catch (error) {
    return refuse(`"${written}" is not a regular expression of RE2: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const regex = () => text('a regular expression', readRegex, { title: 'regex' })

/** In the form in which requests are looked up: unreserved characters as they are, other escapes in upper case. */
function readPath(written: string): string | Refusal {
  if (!written.startsWith('/')) return refuse(`"${written}" is not a path: it must begin with /`)
  if (/[?#]/.test(written)) return refuse(`"${written}" is not a path: a query belongs under query`)
  if (written.includes('\\')) return refuse(`"${written}" can never match: requests with a backslash are refused`)
  if (/[^!-~]/.test(written)) {
    const ascii = written.toWellFormed().replace(/[^!-~]+/g, encodeURIComponent)
    return refuse(`"${written}" can never match: write it as "${ascii}"`)
  }
  if (/%(?![0-9a-f]{2})/i.test(written)) return refuse(`"${written}" holds a % that begins no percent-encoding`)
  const path = written.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
    return /[\w.~-]/.test(character) ? character : encoded.toUpperCase()
  })
  if (/(^|\/)\.\.?(\/|$)/.test(path)) {
    return refuse(`"${written}" can never match: dot segments are removed from a path before it is matched`)
  }
  return path
}

const path = () => text('a path such as /users', readPath, { title: 'path', examples: ['/users'] })

const pathMatch = block({
  exact: path().optional().describe('The whole path.'),
  prefix: path().optional().describe('Whole segments: /users is /users and /users/1, not /users2. /a/ and /a are the same.'),
  regex: regex().optional().describe('RE2 syntax, in linear time; matches the whole path.'),
}).transform((written, context): NonNullable<MatchConfig['path']> => {
  const given = (['exact', 'prefix', 'regex'] as const).flatMap((type) => {
    const value = written[type]
    return value === undefined ? [] : [{ type, value }]
  })
  const [only, ...others] = given
  if (only && others.length === 0) return only
  context.addIssue({ code: 'custom', message: 'exactly one of exact, prefix and regex is needed', input: written })
  return z.NEVER
})

const valueMatch = z.union([
  z.string().transform((value): ValueMatchConfig => ({ type: 'exact', value })),
  block({
    exact: z.string(expecting('text')).optional().describe('The whole value.'),
    regex: regex().optional().describe('RE2 syntax; matches the whole value.'),
    present: boolean().optional().describe('true: it must be there, whatever its value; false: it must not.'),
  }).transform((written, context): ValueMatchConfig => {
    const given: ValueMatchConfig[] = []
    if (written.exact !== undefined) given.push({ type: 'exact', value: written.exact })
    if (written.regex !== undefined) given.push({ type: 'regex', value: written.regex })
    if (written.present !== undefined) given.push({ type: 'present', value: written.present })
    if (given.length === 1) return given[0] as ValueMatchConfig
    context.addIssue({ code: 'custom', message: 'exactly one of exact, regex and present is needed', input: written })
    return z.NEVER
  }),
])

/** A map of names to what their values must be. Names are checked here because a position is wanted for each. */
function namedMatches(what: string, tokens: boolean, lowerCase: boolean) {
  return named(z.string(), valueMatch)
    .prefault({})
    .transform((written, context): NamedMatchConfig[] => {
      const seen = new Set<string>()
      return Object.entries(written).map(([key, match]) => {
        const name = lowerCase ? key.toLowerCase() : key
        const wrong = (message: string) =>
          context.addIssue({ code: 'custom', message, path: [key], params: AT_KEY, input: written })
        if (key === '' || (tokens && !isToken(key))) wrong(`"${key}" is not the name of a ${what}`)
        if (seen.has(name)) wrong(`the ${what} "${name}" is written twice`)
        seen.add(name)
        return { name, match }
      })
    })
}

const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'])

export function readMethod(written: string): string | Refusal {
  if (!isToken(written)) return refuse(`"${written}" is not a method`)
  const upper = written.toUpperCase()
  if (upper !== written && KNOWN_METHODS.has(upper)) return refuse(`methods have case; did you mean "${upper}"?`)
  if (upper === 'TRACE' || upper === 'CONNECT') return refuse(`${upper} is never served, so that it cannot be matched`)
  return written
}

export const matchSchema = block({
  path: pathMatch.optional().describe('One of exact, prefix and regex.'),
  methods: z
    .array(text('a method such as GET', readMethod, { title: 'method', examples: ['GET', 'POST'] }))
    .prefault([])
    .describe('Any one of these; empty = every method.'),
  headers: namedMatches('header', true, true).describe(
    'Header names, without case, and their values: text, or one of exact, regex and present.',
  ),
  query: namedMatches('query parameter', false, false).describe('Query parameters; the first of a name counts.'),
  cookies: namedMatches('cookie', true, false).describe('Cookies; the first of a name counts.'),
}).transform((written): MatchConfig => ({ ...written, path: written.path ?? null }))
