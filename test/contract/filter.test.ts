// What every filter must do, whatever it is for.
/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates of the configuration */

import t from 'tap'
import { FILTER_TYPES } from '../../src/config/filters-schema.ts'
import { parseConfig } from '../../src/config/parse.ts'
import type { FilterFactory } from '../../src/filters/context.ts'
import { FILTERS } from '../../src/filters/table.ts'
import type { Exchange } from '../../src/model/exchange.ts'
import type { Filter } from '../../src/model/filter.ts'
import type { LocalAnswer } from '../../src/model/message.ts'
import { filterContext, responseHead } from '../filters/filter-context.ts'
import { fakeExchange } from '../support/fake-exchange.ts'

/** A new filter joins here, with options as they are written in a configuration. */
const SUITE: Readonly<Record<string, readonly string[]>> = {
  requestHeaders: ['{ set: { x-a: "${request.header.x-b}" }, add: { x-c: "${request.path}" }, remove: [cookie] }'],
  responseHeaders: ['{ set: { x-a: "${request.header.x-b}" }, add: { x-c: "${client.ip}" }, remove: [server] }'],
  rewrite: [
    '{ prefix: /new }',
    '{ path: "/a/${request.header.x-b}" }',
    '{ regex: "(.)/(.?)", to: "$2/$1" }',
    '{ host: "${request.header.x-b}.test" }',
  ],
  redirect: [
    '{ scheme: https, code: 301 }',
    '{ host: "${request.header.x-b}", port: 81 }',
    '{ path: { prefix: "/${request.header.x-b}" } }',
  ],
  respond: [
    '{ body: "${request.header.x-b}", headers: { content-type: text/html, x-d: "${request.header.x-b}" } }',
    '{ status: 204 }',
    '{ reason: invalid-reference, detail: "no Service shop/users" }',
  ],
  cors: [
    '{ origins: ["https://a.test", "https://*.b.test"], credentials: true, methods: ["*"], headers: ["*"] }',
    '{ origins: ["*"] }',
  ],
  bodyLimit: ['10', '{ bytes: 10, mode: observe }'],
  errorPages: ['[{ codes: [4xx, 5xx], html: "<p>${code} ${request.header.x-b}", json: \'{"b":"${request.header.x-b}"}\' }]'],
  clientCert: ['{}', '{ require: { subject: "CN=a", san: [a.test] }, mode: observe }'],
  faults: ['{ abort: { status: 503 } }', '{ delay: { time: 1s }, abort: { status: 500, share: 50% } }'],
}

/** Built from a configuration, as the gateway does it. */
function build(type: string, options: string, context = filterContext()): Filter {
  const text = `listeners: [{ name: web, bind: "127.0.0.1:0" }]
upstreams: { app: { discovery: { static: ["127.0.0.1:1"] } } }
routes: [{ name: r, match: [{ path: { prefix: / } }], to: app, filters: [{ ${type}: ${options} }] }]`
  const parsed = parseConfig([{ name: 'f', text }])
  if (!('config' in parsed)) throw new Error(parsed.errors.map(({ message }) => message).join('\n'))
  const [filter] = parsed.config.routes[0]?.filters ?? []
  return (FILTERS.get(type) as FilterFactory<unknown>)(filter?.options, context)
}

const HOSTILE = [
  '',
  ' ',
  '..',
  '/../',
  '%',
  '%00',
  '%0d%0a',
  '\x80\xff',
  '"<script>\'&',
  '${x}',
  '$1',
  'a'.repeat(5000),
  '\t',
] as const

function exchangeWith(text: string): Exchange {
  const head = `GET / HTTP/1.1\r\nhost: a.test\r\norigin: ${text}\r\naccept: ${text}\r\naccess-control-request-method: ${text}\r\n\r\n`
  return fakeExchange({
    method: 'OPTIONS',
    path: '/a/%20;b',
    query: '?"<>\'',
    head,
    fields: `x-b: ${text}\r\ncookie: a=${text}\r\ncontent-length: 3\r\n`,
    body: 1,
    bodyLength: 3,
    binding: { name: 'r', prefix: '/a' } as Exchange['binding'],
  })
}

/** Canonical lines: nothing else can be sent. */
const LINES = /^(?:[\w!#$%&'*+.^`|~-]+: [\t\x20-\x7e\x80-\xff]*\r\n)*$/

function judge(t: Tap, answer: LocalAnswer | null, where: string): void {
  if (answer === null) return
  t.ok(Number.isInteger(answer.status) && answer.status >= 200 && answer.status <= 599, `${where}: status`)
  t.match(answer.fields, LINES, `${where}: fields of an answer`)
  t.notMatch(answer.fields, /^(content-length|connection|transfer-encoding|date):/im, `${where}: framing is not a filter's`)
}
type Tap = Pick<typeof t, 'ok' | 'match' | 'notMatch'>

t.test('table, schema and suite know the same filters', async (t) => {
  t.strictSame([...FILTERS.keys()].sort(), Object.keys(SUITE).sort())
  t.strictSame(
    [...FILTERS.keys()].filter((name) => !(FILTER_TYPES as readonly string[]).includes(name)),
    [],
  )
})

for (const [type, written] of Object.entries(SUITE)) {
  for (const options of written) {
    t.test(`${type}: ${options}`, async (t) => {
      t.equal(build(type, options).name, type, 'it has the name of its key')

      await t.test('what a client sends neither breaks it nor gets out of a line, a path or a host', async (t) => {
        const context = filterContext()
        const filter = build(type, options, context)
        for (const text of HOSTILE) {
          const x = exchangeWith(text)
          const { body, bodyLength } = x
          const pending = filter.onRequest?.(x) ?? null
          if (pending instanceof Promise) context.advance(60_000)
          const answer = await pending
          const where = JSON.stringify(text.slice(0, 20))
          judge(t, answer, where)
          t.match(x.fields, LINES, `${where}: request fields`)
          t.match(x.path, /^\/[!-~]*$/, `${where}: path`)
          t.notMatch(x.path, /[?#"<>\\^`{|}]|(^|\/)\.\.?(\/|$)/, `${where}: path`)
          t.match(x.authority, /^[\w.-]+(:\d+)?$/, `${where}: host`)
          t.match(x.fields, 'content-length: 3\r\n', `${where}: the framing stays`)
          t.strictSame([x.body, x.bodyLength], [body, bodyLength])
          const head = responseHead(503, 'content-length: 0\r\nserver: x\r\n')
          judge(t, filter.onResponse?.(x, head) ?? null, where)
          t.match(head.fields, LINES, `${where}: response fields`)
          t.match(head.fields, 'content-length: 0\r\n', `${where}: the framing stays`)
          filter.onEnd?.(x)
        }
      })

      await t.test('one exchange leaves nothing to the next', async (t) => {
        const context = filterContext([0, 0.9])
        const filter = build(type, options, context)
        const run = async (text: string) => {
          const x = exchangeWith(text)
          const pending = filter.onRequest?.(x) ?? null
          if (pending instanceof Promise) context.advance(60_000)
          const head = responseHead(500, 'a: b\r\n')
          const said = [await pending, x.fields, x.path, x.authority, filter.onResponse?.(x, head) ?? null, head.fields]
          filter.onEnd?.(x)
          return said
        }
        const first = await run('https://a.test')
        // An even number of throws in between, so that the dice lie as before.
        await run('x')
        await run('')
        if (type !== 'faults') t.strictSame(await run('https://a.test'), first)
      })

      await t.test('explaining changes nothing', async (t) => {
        const context = filterContext()
        const filter = build(type, options, context)
        if (filter.explain === undefined) {
          t.equal(filter.async, undefined, 'what takes its time must explain itself')
          return
        }
        const x = exchangeWith('x')
        const before = JSON.stringify([x.fields, x.path, x.authority, x.maxBody])
        t.ok(filter.explain(x))
        t.equal(JSON.stringify([x.fields, x.path, x.authority, x.maxBody]), before)
        t.notOk(context.counted.some(({ count }) => count > 0))
      })
    })
  }
}
