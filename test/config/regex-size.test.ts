// How large regular expressions are: a bound that what RE2 makes of them never exceeds by much.

import { RE2JS } from 're2js'
import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { LARGEST_REGEX, regexSize } from '../../src/config/regex-size.ts'
import { seeded } from '../../src/explain/seeded.ts'

const SIZES: readonly (readonly [source: string, size: number])[] = [
  ['', 0],
  ['/api', 4],
  ['a{3}', 3],
  ['a{3,}', 4],
  ['a{2,5}b', 6],
  ['a{0}', 1],
  ['(ab){10}', 30],
  ['((a{10}){10}){10}', 1110],
  ['[abc]{100}', 100],
  ['[^]{3}]{100}', 100],
  ['[[:alpha:]]{7}', 7],
  ['\\pL{100}', 100],
  ['\\p{Greek}{100}', 100],
  ['\\x{10FFFF}{100}', 100],
  ['\\Q[\\E(a{500}){4}', 5 + 2004],
  ['a{,5}', 5],
  ['\\{1000}', 6],
]

for (const [source, size] of SIZES) t.equal(regexSize(source), size, source)

t.test('no text makes more of RE2 than it is said to be', async (t) => {
  const random = seeded(4096)
  const pieces = [
    'a',
    '.',
    '[^/]',
    '[\\]a]',
    '\\d',
    '\\pL',
    '(',
    ')',
    '(?:',
    '|',
    '*',
    '+',
    '?',
    '{7}',
    '{2,9}',
    '{3,}',
    '{',
    '}',
    '\\Q(\\E',
    ']',
  ]
  let compiled = 0
  for (let i = 0; i < 20_000; i++) {
    const source = Array.from(
      { length: 1 + Math.floor(random() * 12) },
      () => pieces[Math.floor(random() * pieces.length)],
    ).join('')
    const size = regexSize(source)
    if (size > 5000) continue
    let steps: number
    try {
      steps = RE2JS.compile(source).programSize()
    } catch {
      continue
    }
    compiled++
    if (steps > 3 * size + 10) t.fail(`${source}: ${steps} steps, said to be ${size}`)
  }
  t.ok(compiled > 3000, `${compiled} of them are regular expressions`)
})

t.test('what is too large is refused before anybody compiles it', async (t) => {
  for (const [what, route] of [
    ['a path', '{ name: r, to: u, match: [{ path: { regex: "/(.{0,500}x)?(.{0,500}x)?.{1000}.{1000}.{1000}.{1000}" } }] }'],
    ['a header', '{ name: r, to: u, match: [{ headers: { x-a: { regex: "(\\\\pL{0,1000}x){5}" } } }] }'],
    ['a rewrite', '{ name: r, to: u, filters: [{ rewrite: { regex: "((a{100}){9}){9}", to: b } }] }'],
  ] as const) {
    const text = `listeners: [{ name: w, bind: "127.0.0.1:0" }]\nupstreams: { u: { discovery: { static: ["a:1"] } } }\nroutes: [${route}]`
    const parsed = parseConfig([{ name: 'f', text }])
    const message = new RegExp(`longer than ${LARGEST_REGEX} characters with its repetitions written out`)
    t.match('errors' in parsed && parsed.errors.map((error) => error.message), [message], what)
  }
})
