// The file and the objects of a cluster as one configuration: whose routes go first, what is joined, what is left out alone.

import t from 'tap'
import { combine, type LeftOut } from '../../src/compile/combine-config.ts'
import type { ListenerConfig } from '../../src/config/model.ts'
import { gatewayConfig, listener, route, translation, upstream } from '../support/translations.ts'

const NOTHING: LeftOut = { objects: new Map(), addresses: new Map(), bare: false }
const KEY = 'Thing.test.dev a/'

const base = gatewayConfig({
  listeners: [
    { name: 'web', bind: '127.0.0.1:80' },
    {
      name: 'secure',
      bind: '127.0.0.1:443',
      protocol: 'https',
      tls: { certificates: [{ cert: '-----BEGIN a', key: '-----BEGIN k' }] },
    },
  ],
  routes: [{ name: 'own', to: 'own' }],
  upstreams: { own: { discovery: { static: ['127.0.0.1:1'] } }, unused: { discovery: { static: [] } } },
})

const names = (parts: readonly { readonly name: string }[]) => parts.map(({ name }) => name)

t.test('the file first, then in the order of translations', async (t) => {
  const gateway = translation({ routes: [route('g/0', 'u')], upstreams: { u: upstream({ panic: 0.5 }), idle: upstream() } })
  const ingress = translation({ routes: [route('i/0', 'v'), route('i/1', 'own')], upstreams: { u: upstream(), v: upstream() } })
  const { config, problems } = combine(base, [gateway, ingress], NOTHING)
  t.same(names(config.routes), ['own', 'g/0', 'i/0', 'i/1'])
  t.same(Object.keys(config.upstreams), ['own', 'unused', 'u', 'v'], 'what nothing leads to is not there')
  t.equal(config.upstreams.u?.panic, 0.5, 'the same name is the first one')
  t.equal(config.upstreams.own, base.upstreams.own)
  t.equal(problems.size, 0)
  t.equal(combine(base, [], NOTHING).config, base)
})

t.test('upstreams that stand in for others, and those of mirrors, are led to', async (t) => {
  const upstreams = { a: upstream({ failover: ['b'] }), b: upstream({ failover: ['c', 'a'] }), c: upstream(), m: upstream() }
  const mirrored = route('x/0', 'a', { mirror: [{ upstream: 'm', share: 1, bodyBytes: 1 }] })
  const { config } = combine(base, [translation({ routes: [mirrored], upstreams })], NOTHING)
  t.same(Object.keys(config.upstreams).sort(), ['a', 'b', 'c', 'm', 'own', 'unused'])
})

t.test('certificates stand behind those of the file, each once', async (t) => {
  const [one, two] = ['-----BEGIN b', '-----BEGIN c'].map((cert) =>
    translation({ certificates: { secure: [{ cert, key: 'k' }] } }),
  )
  const translations = [one, two, structuredClone(one)] as never
  const secure = () => combine(base, translations, NOTHING).config.listeners[1]
  t.same(
    secure()?.tls?.certificates.map(({ cert }) => cert.pem),
    ['-----BEGIN a', '-----BEGIN b', '-----BEGIN c'],
  )
  t.equal(secure(), secure(), 'the same object while nothing changes')
  t.not(combine(base, [one] as never, NOTHING).config.listeners[1], secure())
  t.equal(combine(base, translations, NOTHING).config.listeners[0], base.listeners[0])
  t.equal(combine(base, translations, { ...NOTHING, bare: true }).config.listeners[1], base.listeners[1])
})

t.test('a listener that clashes is refused, the later one', async (t) => {
  const gateway = translation({
    listeners: [
      listener('g', { bind: ['10.0.0.1:80'], hosts: ['a.test'] }),
      listener('beside', { bind: ['10.0.0.1:80'], hosts: ['b.test'] }),
      listener('web', { bind: ['10.0.0.2:80'] }),
      listener('clash', { bind: ['127.0.0.1:80'] }),
    ],
  })
  const later = translation({ listeners: [listener('late', { bind: ['10.0.0.1:80'], hosts: ['a.test'] })] })
  const { config, refused } = combine(base, [gateway, later], NOTHING)
  t.same(names(config.listeners), ['web', 'secure', 'g', 'beside'])
  t.same([...refused.keys()].sort(), ['clash', 'late', 'web'])
  t.match(refused.get('late'), /both serve a\.test/)
})

t.test('addresses that cannot be listened on', async (t) => {
  const both = listener('both', { bind: ['10.0.0.1:80', '10.0.0.2:80'] })
  const gateway = translation({ listeners: [listener('one', { bind: ['10.0.0.1:81'] }), both] })
  const addresses = new Map([
    ['10.0.0.1:81', 'in use'],
    ['10.0.0.1:80', 'no such address'],
  ])
  const { config, refused } = combine(base, [gateway], { ...NOTHING, addresses })
  t.same(names(config.listeners), ['web', 'secure', 'both'])
  t.same((config.listeners[2] as ListenerConfig).bind, ['10.0.0.2:80'])
  t.same([...refused], [['one', 'in use']])
})

t.test('objects that are left out', async (t) => {
  const translated = translation({
    routes: [route('bad/0', 'u', { hosts: ['bad.test'] }), route('good/0', 'v'), route('bad/1', 'v')],
    upstreams: { u: upstream(), v: upstream() },
  })
  const out = (how: 'answered' | 'absent') =>
    combine(base, [translated], { ...NOTHING, objects: new Map([[`${KEY}bad`, { why: 'it hurts', how }]]) })
  const { config, problems } = out('answered')
  t.same(names(config.routes), ['own', 'bad/0', 'good/0', 'bad/1'])
  t.match(config.routes[1], {
    hosts: ['bad.test'],
    to: [],
    filters: [{ type: 'respond', options: { reason: 'refused-object' } }],
  })
  t.equal(out('answered').config.routes[1], config.routes[1], 'the same object while nothing changes')
  t.same(Object.keys(config.upstreams), ['own', 'unused', 'v'])
  t.same(
    problems.get(`${KEY}bad`)?.map(({ reason, message, path }) => `${reason} ${message} ${path}`),
    ['NotServed it hurts spec.0', 'NotServed it hurts spec.1'],
  )
  t.same(names(out('absent').config.routes), ['own', 'good/0'])
  t.equal(out('absent').problems.get(`${KEY}bad`)?.length, 2)
})

t.test('a route to an upstream that there is not is answered with an error', async (t) => {
  const { config, problems } = combine(base, [translation({ routes: [route('x/0', 'nowhere'), route('x/1', 'own')] })], NOTHING)
  t.match(config.routes[1], { name: 'x/0', to: [] })
  t.match(config.routes[2], { name: 'x/1', to: [{ upstream: 'own' }] })
  t.match(problems.get(`${KEY}x`), [{ message: 'there is no upstream "nowhere"' }])
})
