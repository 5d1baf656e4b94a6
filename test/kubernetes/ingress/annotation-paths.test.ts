// Paths as regular expressions, beside what nginx does with them: `location ~* "^PATH"` and `rewrite "(?i)PATH" TARGET break`.

import { RE2JS } from 're2js'
import t from 'tap'
import { rewriteSchema } from '../../../src/config/filters/path-schema.ts'
import { matchSchema } from '../../../src/config/match-schema.ts'
import { substitution } from '../../../src/filters/substitute.ts'
import { pathOfRule } from '../../../src/kubernetes/ingress/annotations/paths.ts'
import type { Exchange } from '../../../src/model/exchange.ts'

const effects = (rewrite: string | null) => ({ regex: true, caseInsensitive: true, rewrite })
const LISTENER = { paths: { mergeSlashes: true, encodedSlash: 'reject', caseSensitive: true } }

/** What endpoints are asked for; null = the path is not matched. */
function through(path: string, target: string | null, asked: string, exact = false): string | null {
  const rule = pathOfRule(effects(target), path, exact)
  if (typeof rule === 'string') throw new Error(rule)
  const match = matchSchema.parse({ path: rule.path }).path
  const matched = match?.type === 'regex' ? RE2JS.matches(match.value, asked) : match?.value === asked
  if (!matched) return null
  const [filter] = rule.filters
  if (filter === undefined) return asked
  const { path: made } = rewriteSchema.parse(filter.rewrite)
  if (made?.type !== 'regex') return made?.value ?? null
  return substitution(made.value, made.to)({ path: asked, listener: LISTENER } as unknown as Exchange)
}

/** By JavaScript, as nginx does it with PCRE. */
function asNginx(path: string, target: string | null, asked: string): string | null {
  if (!new RegExp(`^${path}`, 'i').test(asked)) return null
  const groups = target === null ? null : new RegExp(path, 'i').exec(asked)
  return groups === null ? asked : (target as string).replace(/\$(\d)/g, (_, n) => groups[Number(n)] ?? '')
}

const PATHS = ['/app(/|$)(.*)', '/app', '/api/(v[12])/(.*)', '/a.c/(.+)', '/foo/[A-Z0-9]{3}', '/x|/y', '/end$', '/(.*)', '/']
const TARGETS = [null, '/', '/$1', '/$2', '/new/$1/$2', '/fixed']
const ASKED = [
  ...[
    '/',
    '/app',
    '/app/',
    '/app/a/b',
    '/APP/x',
    '/appendix',
    '/api/v1/users',
    '/api/v3/users',
    '/abc/d',
    '/foo/bar',
    '/foo/ab',
  ],
  ...['/x', '/xyz', '/y', '/end', '/ending', '/other'],
]

t.test('as nginx does it', async (t) => {
  let matched = 0
  for (const path of PATHS) {
    for (const target of TARGETS) {
      for (const asked of ASKED) {
        const expected = asNginx(path === '/x|/y' ? '(?:/x|/y)' : path, target, asked)
        const found = through(path, target, asked)
        if (found !== null) matched++
        t.equal(
          found,
          expected === null || expected === '' ? expected : expected.replace(/\/{2,}/g, '/'),
          `${path} ${target} ${asked}`,
        )
      }
    }
  }
  t.ok(matched > 100, 'there was something to compare')
})

t.test('exact paths stay exact', async (t) => {
  t.equal(through('/app', '/new/$1', '/app', true), '/new/')
  t.equal(through('/app', '$1', '/app', true), '/')
  t.equal(through('/app', null, '/APP', true), null)
  t.equal(through('/app', null, '/app', true), '/app')
})

t.test('what is no regular expression of RE2 is said', async (t) => {
  for (const path of ['/(', '/(?!admin).*', '/(?<=a)b', '/a**', '/[', `/${'a'.repeat(3000)}`])
    t.type(pathOfRule(effects('/'), path, false), 'string', path.slice(0, 20))
  t.type(pathOfRule(effects('/'), '/(', true), 'object', 'an exact one is none')
})

t.test('lengths stay close to what is written', async (t) => {
  for (const path of PATHS.filter((each) => !each.includes('|/'))) {
    const rule = pathOfRule(effects(null), path, false)
    const { regex } = (typeof rule === 'string' ? {} : rule.path) as { regex: string }
    t.ok(regex.length - path.length <= 6, regex)
  }
})
