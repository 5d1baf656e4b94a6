// What routes may say of an access log that there is not, or not so.

import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'

const BASE = 'listeners: [{ name: web, bind: 127.0.0.1:80 }]\nupstreams: { u: { discovery: { static: [127.0.0.1:1] } } }\n'

function errors(top: string, route: string): string[] {
  const parsed = parseConfig([{ name: 'f', text: `${BASE}${top}\nroutes: [{ name: r, to: u, accessLog: ${route} }]\n` }])
  return 'errors' in parsed ? parsed.errors.map(({ line, column, message }) => `${line}:${column}: ${message}`) : []
}

t.test('rules of a route need a log', async (t) => {
  t.same(errors('', '{ sample: 1% }'), ['4:28: nothing is logged without accessLog at the top, which says where to'])
  t.same(errors('', 'off'), [])
  t.same(errors('accessLog: {}', '{ sample: 1% }'), [])
})

t.test('fields of a route need JSON', async (t) => {
  t.same(errors('accessLog: { format: combined }', '{ fields: [path] }'), [
    '4:41: fields are those of format json, and accessLog.format is combined',
  ])
  t.same(errors('accessLog: { format: combined }', '{ slow: 1s }'), [])
  t.same(errors('accessLog: {}', '{ fields: [path] }'), [])
})

t.test('what a route may not say', async (t) => {
  t.match(errors('accessLog: {}', '{ file: x }'), [/unknown key "file"/])
  t.match(errors('accessLog: {}', 'on'), [/4:39: /])
  t.match(errors('accessLog: {}', '{ sample: 101% }'), [/101% is not between 0% and 100%/])
})

t.test('templates that would not come out as written', async (t) => {
  const of = (format: string) => errors(`accessLog: { format: "${format}" }`, 'off')
  for (const open of ['$' + '{time} $' + '{', '$' + '{time} $' + '{status', '$' + '{time} $' + '{status $' + '{path'])
    t.match(of(open), [/^3:22: a field of this template has no } at its end$/], open)
  for (const odd of ['\u00e9', '\u2192', '\\0', '\\e[31m', '\\x7f'])
    t.same(of(`$\{time} ${odd}`), ['3:22: a template is printable ASCII and tabs'], odd)
  t.same(of('{a} $b } $$\\t$' + '{time}$' + '{status}'), [])
})
