// Nothing that a file or a caller can hold makes the configuration code throw, hang or touch a prototype.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test

import fc from 'fast-check'
import t from 'tap'
import { normalizeConfig, parseConfig } from '../../src/config/parse.ts'

const SEED = 20_251
const KEYS = [
  'listeners',
  'routes',
  'upstreams',
  'name',
  'bind',
  'to',
  'match',
  'path',
  'static',
  'discovery',
  'admin',
  'token',
  'include',
  'weight',
  'upstream',
  'headers',
  'hosts',
  'limits',
  'timeouts',
  'retry',
  'balancer',
  'type',
  '__proto__',
  'constructor',
  'accessLog',
]

const leaf = fc.oneof(
  fc.constantFrom(
    'off',
    'auto',
    '5s',
    '20%',
    '64KiB',
    '127.0.0.1:80',
    '[::1]:80',
    'unix:/a',
    '*.x',
    '/a',
    '${X}',
    '${X:-y}',
    '',
  ),
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
)
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string()), tie('tree'), { maxKeys: 5 }),
  ),
}))

/** Pieces of YAML that mean something, glued together at random. */
const yamlish = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...KEYS.map((key) => `${key}:`),
        '\n',
        '\n  ',
        '\n    - ',
        '[',
        ']',
        '{',
        '}',
        ',',
        '&a ',
        '*a',
        '? ',
        '|\n',
        '>-\n',
        '"',
        "'",
        '#',
        '---\n',
        '...\n',
        '%YAML 1.1\n',
        '\t',
        '!!binary ',
        '<<: ',
        '127.0.0.1:80',
        '${',
        '}',
        '\r\n',
        '\0',
      ),
      fc.string(),
    ),
    {
      maxLength: 40,
    },
  )
  .map((parts) => parts.join(''))

function wellFormed(parsed: ReturnType<typeof parseConfig>): boolean {
  if ('config' in parsed) return parsed.config.listeners.every(({ bind }) => bind.length > 0)
  return parsed.errors.length > 0 && parsed.errors.every(({ message }) => message !== '' && !message.includes('undefined'))
}

t.test('random data', async (t) => {
  fc.assert(
    fc.property(tree, (input) => wellFormed(normalizeConfig(input))),
    { seed: SEED, numRuns: 2000 },
  )
  t.pass()
})

t.test('random JSON text', async (t) => {
  fc.assert(
    fc.property(tree, (input) => {
      const parsed = parseConfig([{ name: 'f', text: JSON.stringify(input) }])
      return wellFormed(parsed) && (!('errors' in parsed) || parsed.errors.every(({ line, column }) => line > 0 && column > 0))
    }),
    { seed: SEED, numRuns: 2000 },
  )
  t.pass()
})

t.test('random YAML', async (t) => {
  fc.assert(
    fc.property(yamlish, (text) => wellFormed(parseConfig([{ name: 'f', text }]))),
    { seed: SEED, numRuns: 3000 },
  )
  t.pass()
})

t.test('random bytes', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => wellFormed(parseConfig([{ name: 'f', text }]))),
    { seed: SEED, numRuns: 2000 },
  )
  t.pass()
})

t.test('aliases that multiply are bounded', async (t) => {
  const level = (name: string, of: string) => `${name}: &${name} [${Array(10).fill(of).join(', ')}]\n`
  const names = [...'abcdefgh']
  const bomb = names.map((name, index) => level(name, index === 0 ? 'x' : `*${names[index - 1]}`)).join('')
  t.match(parseConfig([{ name: 'f', text: bomb }]), { errors: [{ message: /too many values/ }] })
  t.match(parseConfig([{ name: 'f', text: 'a: &a [*a]' }]), { errors: [{}, { message: /refers to no anchor before it/ }] })
})

t.test('depth is bounded', async (t) => {
  for (const text of [`log: ${'['.repeat(100)}${']'.repeat(100)}`, '['.repeat(20_000), `${'{a: '.repeat(20_000)}`]) {
    const parsed = parseConfig([{ name: 'f', text }])
    t.ok('errors' in parsed && parsed.errors.some(({ message }) => /nested/.test(message)))
  }
})

t.test('prototypes stay as they are', async (t) => {
  const hostile =
    '{"__proto__": {"polluted": 1}, "upstreams": {"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}}'
  parseConfig([{ name: 'f', text: hostile }])
  t.match(normalizeConfig(JSON.parse(hostile)), { errors: [{}] })
  t.notOk('polluted' in {})
  const parsed = parseConfig([
    {
      name: 'f',
      text: 'upstreams: { constructor: { discovery: { static: ["a:1"] } } }\nroutes: [{ name: hasOwnProperty, to: constructor }]',
    },
  ])
  t.match('config' in parsed && parsed.config.upstreams, { constructor: { host: 'preserve' } })
})

t.test('no condition is lost because of its name', async (t) => {
  const odd = JSON.parse('{"__proto__": "x"}')
  const listeners = [{ name: 'web', bind: '127.0.0.1:0' }]
  const upstreams = { u: { discovery: { static: ['127.0.0.1:1'] } } }
  for (const [where, route] of [
    ['match[0].headers', { match: [{ headers: odd }] }],
    ['match[0].query', { match: [{ query: odd }] }],
    ['match[0].cookies', { match: [{ cookies: odd }] }],
    ['filters[0].responseHeaders.set', { filters: [{ responseHeaders: { set: odd } }] }],
  ] as const) {
    const parsed = normalizeConfig({ listeners, upstreams, routes: [{ name: 'r', to: 'u', ...route }] } as object)
    const message = `routes[0].${where}.__proto__: the name "__proto__" is not allowed`
    t.match('errors' in parsed && parsed.errors.map((error) => error.message), [message], where)
  }
})

t.test('values that fight back', async (t) => {
  const circle: Record<string, unknown> = {}
  circle.listeners = [circle]
  const thrower = {
    get routes(): never {
      throw new Error('no')
    },
  }
  for (const input of [circle, thrower, null, undefined, 5, 'x', [], () => {}, Symbol('x')]) {
    t.ok('errors' in normalizeConfig(input))
  }
})
