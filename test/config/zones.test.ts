// Zones and labels as they are written: where the gateway's own zone comes from, and every wrong value in its place.

import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { normalizeConfig, parseConfig } from '../../src/config/parse.ts'
import { formatProblem } from '../../src/config/problem.ts'

interface Parts {
  readonly top?: string
  readonly to?: string
  readonly endpoint?: string
  readonly upstream?: string
  readonly env?: Readonly<Record<string, string>>
}

const parse = ({ top = '', to = 'app', endpoint = '{ address: "127.0.0.1:3000" }', upstream = '', env = {} }: Parts) =>
  parseConfig(
    [
      {
        name: 'f',
        text: `listeners: [{ name: web, bind: "127.0.0.1:80" }]
routes: [{ name: all, to: ${to} }]
upstreams: { app: { discovery: { static: [${endpoint}] }${upstream} } }
${top}
`,
      },
    ],
    { env },
  )

const told = (parts: Parts): string[] => {
  const parsed = parse(parts)
  return ('errors' in parsed ? parsed.errors : parsed.warnings).map(formatProblem)
}

function accepted(parts: Parts) {
  const parsed = parse(parts)
  if ('errors' in parsed) throw new Error(parsed.errors.map(formatProblem).join('\n'))
  return parsed.config
}

t.test("the gateway's own zone: as written, else of the environment", async (t) => {
  t.equal(accepted({}).zone, null)
  t.equal(accepted({ top: 'zone: a' }).zone, 'a')
  t.equal(accepted({ top: `zone: "\${ZONE:-}"` }).zone, null)
  t.equal(accepted({ top: `zone: "\${ZONE:-}"`, env: { ZONE: 'eu-1a' } }).zone, 'eu-1a')
  t.equal(accepted({ env: { HEADGATE_ZONE: 'b' } }).zone, 'b')
  t.equal(accepted({ top: 'zone: a', env: { HEADGATE_ZONE: 'b' } }).zone, 'a')
  t.equal(accepted({ env: { HEADGATE_ZONE: '' } }).zone, null)
  t.match(told({ env: { HEADGATE_ZONE: 'a b' } }), [/"a b" is not the name of a zone/])
  t.match(normalizeConfig({ zone: 'x', listeners: [] }), { config: { zone: 'x' } })
  const file = t.testdir({ 'headgate.yaml': 'listeners: [{ name: web, bind: "127.0.0.1:80" }]' })
  t.match(await loadConfig(`${file}/headgate.yaml`, { env: { HEADGATE_ZONE: 'c' } }), { config: { zone: 'c' } })
})

t.test('the normalised form', async (t) => {
  const config = accepted({
    top: 'zone: a',
    endpoint: '{ address: "127.0.0.1:3000", zone: a, labels: { version: v2, track: "" } }',
    to: '[{ upstream: app, labels: { version: v2 } }]',
    upstream: ', zone: { minimumShare: 50% }',
  })
  t.match(config.upstreams.app?.discovery, { static: [{ zone: 'a', labels: { version: 'v2', track: '' } }] })
  t.same(config.routes[0]?.to[0]?.labels, { version: 'v2' })
  t.same(config.upstreams.app?.zone, { minimumShare: 0.5 })
  t.same(accepted({ upstream: ', zone: {}', top: 'zone: a' }).upstreams.app?.zone, { minimumShare: 0.3 })
  t.equal(accepted({ upstream: ', zone: off' }).upstreams.app?.zone, null)
  t.equal(accepted({ upstream: ', zone: { prefer: false }' }).upstreams.app?.zone, null)
})

t.test('wrong values', async (t) => {
  t.same(told({ upstream: ', zone: on' }), ['f:3:83: expected off or a block such as { prefer: true }; got "on"'])
  t.match(told({ upstream: ', zone: { minimumShare: 130% }' }), [/^f:3:99: 130% is not between 0% and 100%$/])
  t.match(told({ upstream: ', zone: { prefer: yes please }' }), [/^f:3:93: expected true or false/])
  t.match(told({ top: 'zone: "a b"' }), [/^f:4:7: "a b" is not the name of a zone/])
  t.match(told({ endpoint: '{ address: "127.0.0.1:3000", zone: "-" }' }), [/"-" is not the name of a zone/])
  t.match(told({ endpoint: '{ address: "127.0.0.1:3000", labels: { version: 2 } }' }), [/expected the value of a label/])
  t.match(told({ endpoint: '{ address: "127.0.0.1:3000", labels: { "": x } }' }), [/the name of a label is empty/])
  t.match(told({ endpoint: '{ address: "127.0.0.1:3000", labels: [v2] }' }), [/expected a block of keys, got a list/])
  t.match(told({ to: '[{ upstream: app, labels: {} }]' }), [/^f:2:53: without a label this asks for nothing: leave it out$/])
  t.match(told({ to: '[{ upstream: app, labels: { version: "v 2" } }]' }), [/"v 2" is not the value of a label/])
})

t.test('doubts', async (t) => {
  t.match(told({ upstream: ', zone: {}' }), [/^f:3:77: zone has no effect: where this gateway is says the key zone at the top/])
  t.match(told({ upstream: ', zone: {}', top: 'zone: b' }), [/^f:3:77: zone has no effect: no endpoint is in the zone "b"/])
  t.same(told({ upstream: ', zone: {}', top: 'zone: b', endpoint: '{ address: "127.0.0.1:3000", zone: b }' }), [])
  const to = '[{ upstream: app, labels: { version: v2 } }]'
  t.match(told({ to }), [/^f:2:53: no endpoint of "app" has these labels: these requests are answered 503$/])
  t.same(told({ to, endpoint: '{ address: "127.0.0.1:3000", labels: { version: v2, more: x } }' }), [])
  const dns = parseConfig([
    {
      name: 'f',
      text: `listeners: [{ name: web, bind: "127.0.0.1:80" }]
routes: [{ name: all, to: ${to} }]
zone: a
upstreams: { app: { discovery: { dns: { name: x.test, port: 80 } }, zone: {} } }`,
    },
  ])
  t.match('warnings' in dns && dns.warnings.map(formatProblem), [
    /endpoints that DNS finds have no labels/,
    /of endpoints that DNS finds no zone is known/,
  ])
})
