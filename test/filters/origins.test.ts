// Which origins patterns stand for.

import t from 'tap'
import { originTest } from '../../src/filters/origins.ts'

const CASES: readonly (readonly [pattern: string, takes: readonly string[], not: readonly string[]])[] = [
  ['*', ['https://a.example', 'null'], []],
  ['https://a.example', ['https://a.example', 'https://a.example:443'], ['http://a.example', 'https://a.example:8443']],
  [
    'https://*.a.example',
    ['https://b.a.example', 'https://c.b.a.example', 'https://b.a.example:443'],
    ['https://a.example', 'https://.a.example', 'https://xa.example', 'https://b.a.example:8443', 'http://b.a.example'],
  ],
  ['https://*.a.example:8443', ['https://b.a.example:8443'], ['https://b.a.example', 'https://b.a.example:84430']],
  ['https://*.a.example:*', ['https://b.a.example:1', 'https://b.a.example'], ['https://a.example:1']],
  ['https://a.example:*', ['https://a.example:1', 'https://a.example'], ['https://b.a.example:1', 'https://a.example.evil']],
  ['https://*', ['https://a.example', 'https://[::1]'], ['http://a.example', 'https://a.example:1', 'https://', 'https://a/b']],
  [
    'http://*:*',
    ['http://a.example:1', 'http://a', 'http://[::1]:80'],
    ['https://a.example', 'null', 'http://:1', 'http://a@b'],
  ],
]

for (const [pattern, takes, not] of CASES) {
  t.test(pattern, async (t) => {
    const test = originTest([pattern])
    for (const origin of takes) t.ok(test(origin), origin)
    for (const origin of not) t.notOk(test(origin), `not ${origin}`)
  })
}
