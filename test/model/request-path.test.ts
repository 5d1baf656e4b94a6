import fc from 'fast-check'
import t from 'tap'
import { isPlainPath, normalizePath, type PathRules } from '../../src/model/request-path.ts'

const strict: PathRules = { mergeSlashes: true, encodedSlash: 'reject' }
const keeping: PathRules = { mergeSlashes: true, encodedSlash: 'keep' }
const unmerged: PathRules = { mergeSlashes: false, encodedSlash: 'reject' }

/** [raw, normalised, under rules other than the strict ones] */
const CASES: readonly (readonly [string, string | null, PathRules?])[] = [
  ['/', '/'],
  ['/users/1', '/users/1'],
  ['/a/', '/a/'],
  ['/.well-known/x', '/.well-known/x'],
  ['/a.b/..c/d..', '/a.b/..c/d..'],
  // Dot segments and slashes
  ['/x/../admin', '/admin'],
  ['/./admin', '/admin'],
  ['/x/%2e%2e/admin', '/admin'],
  ['/x/.%2E/admin', '/admin'],
  ['/%2e/admin', '/admin'],
  ['/a/b/../../admin', '/admin'],
  ['/a/b/..', '/a/'],
  ['/a/b/.', '/a/b/'],
  ['/.', '/'],
  ['/a/..', '/'],
  ['//admin', '/admin'],
  ['///', '/'],
  ['/a//', '/a/'],
  ['/x//../admin', '/admin'],
  ['//evil/x', '/evil/x'],
  ['//admin', '//admin', unmerged],
  ['/x//../admin', '/x/admin', unmerged],
  ['/a/.//b', '/a//b', unmerged],
  ['/..', null],
  ['/../admin', null],
  ['/a/../../admin', null],
  ['/%2e%2e/admin', null],
  ['//..', null],
  ['//..', '/', unmerged],
  // Parameters
  ['/x/..;/admin', null],
  ['/x/..;v=1/admin', null],
  ['/x/%2e%2e;/admin', null],
  ['/x/..%3b/admin', null],
  ['/x/.;/admin', null],
  ['/admin..;/', null],
  ['/admin;x=1', '/admin;x=1'],
  ['/admin%3Bx=1', '/admin%3Bx=1'],
  ['/;/admin', '/;/admin'],
  // Encoded separators and controls
  ['/x%2f..%2fadmin', null],
  ['/admin%2F', null],
  ['/x%5c..%5cadmin', null],
  ['/x\\..\\admin', null],
  ['/x\\..\\admin', null, keeping],
  ['/x%2f..%2fadmin', '/x%2F..%2Fadmin', keeping],
  ['/a%2fb/../c', '/c', keeping],
  ['/x%5cadmin', '/x%5Cadmin', keeping],
  ['/admin%00', null],
  ['/admin%0a', null],
  ['/%0d%0aX:1', null],
  ['/admin%7f', null],
  ['/admin%00', null, keeping],
  // Escapes
  ['/%', null],
  ['/%a', null],
  ['/%zz', null],
  ['/%u002e', null],
  ['/a%4', null],
  ['/%c0%ae%c0%ae/', null],
  ['/%ff', null],
  ['/%c3', null],
  ['/%c3x', null],
  ['/%c3%28', null],
  ['/%e0%80%af', null],
  ['/%ed%a0%80', null],
  ['/%f0%80%80%af', null],
  ['/%f4%90%80%80', null],
  ['/caf%c3%a9', '/caf%C3%A9'],
  ['/%e2%82%ac%f0%9f%98%80', '/%E2%82%AC%F0%9F%98%80'],
  ['/%252e%252e/admin', '/%252e%252e/admin'],
  ['/adm%69n', '/admin'],
  ['/%61%2D%5f%7E%41', '/a-_~A'],
  ['/admin%20', '/admin%20'],
  ['/a%3fb%23', '/a%3Fb%23'],
  ['/ADMIN', '/ADMIN'],
  ['/admin.', '/admin.'],
  ['', null],
  ['*', null],
  ['admin', null],
]

t.test('every case of the corpus has its normal form or is refused', async (t) => {
  for (const [raw, expected, rules = strict] of CASES) {
    t.equal(normalizePath(raw, rules), expected, `${raw} ${rules.mergeSlashes ? '' : 'unmerged '}${rules.encodedSlash}`)
  }
})

const piece = fc.constantFrom(
  ...[
    '/',
    '//',
    '.',
    '..',
    '%2e',
    '%2E',
    ';',
    '%3b',
    'a',
    'B',
    '%61',
    '%2f',
    '%5C',
    '%25',
    '%20',
    '%c3%a9',
    '%',
    '%4',
    '\\',
    '~',
    '%00',
  ],
)
const anyPath = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`)
const anyRules = fc.record({ mergeSlashes: fc.boolean(), encodedSlash: fc.constantFrom('reject' as const, 'keep' as const) })

t.test('what was normalised stays as it is, and holds nothing that could be read in two ways', async () => {
  fc.assert(
    fc.property(anyPath, anyRules, (raw, rules) => {
      const once = normalizePath(raw, rules)
      if (once === null) return
      if (normalizePath(once, rules) !== once) throw new Error(`${raw} -> ${once} -> ${normalizePath(once, rules)}`)
      if (!once.startsWith('/') || /\/\.\.?(\/|$)|\\|%2[eE]/.test(once)) throw new Error(once)
      if (rules.mergeSlashes && once.includes('//')) throw new Error(once)
      if (rules.encodedSlash === 'reject' && /%2F|%5C/i.test(once)) throw new Error(once)
    }),
    { numRuns: 5000, seed: 1 },
  )
})

t.test('dot segments are resolved as a URL parser resolves them', async () => {
  const segment = fc.constantFrom('a', 'b', '.', '..', '', 'c.d')
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 8 }), (segments) => {
      const raw = `/${segments.join('/')}`
      const ours = normalizePath(raw, unmerged)
      // A URL parser stays at the root where we refuse.
      if (ours !== null && ours !== new URL(`http://h${raw}`).pathname) throw new Error(`${raw} -> ${ours}`)
    }),
    { numRuns: 2000, seed: 2 },
  )
})

t.test('a plain path is returned as it is, and only a normal one is plain', async (t) => {
  const raw = ['', 'users', '42'].join('/')
  t.ok(isPlainPath(raw))
  t.equal(normalizePath(raw, strict), raw)
  fc.assert(
    fc.property(anyPath, (path) => !isPlainPath(path) || normalizePath(`${path}%7E`, strict) === `${path}~`),
    { numRuns: 2000, seed: 3 },
  )
  t.notOk(isPlainPath('/a/../b'))
  t.notOk(isPlainPath('//a'))
  t.notOk(isPlainPath('/a%20'))
})
