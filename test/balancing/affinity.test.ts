// Names of endpoints in sessions, and who is picked for a session.

import t from 'tap'
import { CookieAffinity } from '../../src/balancing/cookie-affinity.ts'
import { HeaderAffinity } from '../../src/balancing/header-affinity.ts'
import { SessionNames } from '../../src/balancing/session-names.ts'
import type { Candidates } from '../../src/model/affinity.ts'
import { Endpoint } from '../../src/model/endpoint.ts'
import type { Exchange } from '../../src/model/exchange.ts'
import { BODY, type ResponseHead } from '../../src/model/message.ts'
import { Peer } from '../../src/model/peer.ts'
import type { EndpointRoster } from '../../src/model/roster.ts'
import type { Upstream } from '../../src/model/upstream.ts'
import { fakeDownstream, fakeExchange } from '../support/fake-exchange.ts'

/** An upstream as far as affinity looks at it. */
class Some {
  readonly name: string
  endpoints: ReadonlyMap<string, Endpoint>
  readonly out = new Set<Endpoint>()
  usable = true
  readonly roster: Pick<EndpointRoster, 'keeps' | 'pickable'>
  private candidates: Candidates = []

  constructor(name: string, addresses: readonly string[]) {
    this.name = name
    this.endpoints = new Map(addresses.map((address) => [address, new Endpoint(address)]))
    this.roster = { keeps: (endpoint) => !this.out.has(endpoint), pickable: () => this.candidates }
    this.changed()
  }

  changed(): void {
    this.candidates = [...this.endpoints.values()]
      .filter((endpoint) => !this.out.has(endpoint))
      .map((endpoint) => ({ endpoint, weight: 1 }))
  }

  at(address: string): Endpoint {
    return this.endpoints.get(address) as Endpoint
  }

  get upstream(): Upstream {
    return this as unknown as Upstream
  }
}

const addresses = (count: number): string[] => Array.from({ length: count }, (_, i) => `10.0.0.${i}:80`)
const head = (): ResponseHead => ({ status: 200, phrase: '', fields: '', body: BODY.NONE, length: 0, dated: false })

t.test('names', async (t) => {
  const names = new SessionNames('secret')
  const [u, v] = [new Some('u', addresses(50)), new Some('v', addresses(50))]
  const all = [u, v].flatMap(({ upstream, endpoints }) => [...endpoints.values()].map((each) => names.nameOf(upstream, each)))
  t.equal(new Set(all).size, 100)
  for (const name of all) t.match(name, /^[\w-]{20}$/)
  const name = names.nameOf(u.upstream, u.at('10.0.0.7:80'))
  t.equal(names.find(u.upstream, name), u.at('10.0.0.7:80'))
  t.equal(names.find(v.upstream, name), null)
  const parts = [names.partOf(u.upstream, ''), names.partOf(v.upstream, ''), names.partOf(u.upstream, '[["v","1"]]')]
  t.equal(new Set(parts).size, 3)
  for (const part of parts) t.match(part, /^[\w-]{12}$/)
  t.equal(new SessionNames('secret').nameOf(u.upstream, u.at('10.0.0.7:80')), name, 'the same in every process')
  t.not(new SessionNames('another').nameOf(u.upstream, u.at('10.0.0.7:80')), name)
  t.notMatch(name, /10|80/)

  u.endpoints = new Map([...u.endpoints].slice(5))
  t.equal(names.find(u.upstream, name), u.at('10.0.0.7:80'), 'whatever else has changed')
  u.endpoints = new Map([...u.endpoints].slice(5))
  t.equal(names.find(u.upstream, name), null)
  u.endpoints = new Map([['10.0.0.7:80', new Endpoint('10.0.0.7:80')]])
  t.equal(names.find(u.upstream, name), u.at('10.0.0.7:80'), 'back again')
})

t.test('by cookie', async (t) => {
  const names = new SessionNames('secret')
  const [a, b, dr] = [new Some('a', addresses(3)), new Some('b', addresses(3)), new Some('dr', addresses(3))]
  const reach = [a, b, dr].map(({ upstream }, i) => ({
    upstream,
    subset: null,
    choice: Math.min(i, 1),
    part: names.partOf(upstream, ''),
    serves: () => upstream.usable,
  }))
  const affinity = new CookieAffinity({ name: 'hg', ttl: 90_500 }, names, reach)
  const begin = (value: string, upstream = a): [Exchange, number] => {
    const x = fakeExchange({ fields: value === '' ? '' : `cookie: hg=${value}; mine=1\r\n`, upstream: upstream.upstream })
    const choice = affinity.begin(x)
    x.choice = Math.max(choice, 0)
    return [x, choice]
  }
  const nameOf = (some: Some, address: string, by = names) =>
    by.partOf(some.upstream, '') + by.nameOf(some.upstream, some.at(address))
  const first = '10.0.0.0:80'

  const [fresh, any] = begin('')
  t.equal(any, -1)
  t.equal(affinity.pick(fresh), null)
  const answer = head()
  affinity.answered(fresh, answer, a.at(first))
  t.equal(answer.fields, `set-cookie: hg=${nameOf(a, first)}; Path=/; Max-Age=91; HttpOnly; SameSite=Lax\r\n`)

  const [x, choice] = begin(nameOf(b, first), b)
  t.equal(choice, 1, 'it stays with its upstream')
  t.equal(x.fields, 'cookie: mine=1\r\n')
  t.equal(affinity.pick(x), b.at(first))
  const known = head()
  affinity.answered(x, known, b.at(first))
  t.equal(known.fields, '', 'nothing new')
  t.equal(begin(nameOf(dr, first))[1], 1, 'who stands in, stands in for one of the list')

  for (const wrong of ['x', nameOf(a, first).slice(0, -1), `${nameOf(a, first)}A`, nameOf(a, first, new SessionNames('no'))]) {
    const [x] = begin(wrong)
    t.equal(x.session, null, wrong)
    t.equal(x.fields, 'cookie: mine=1\r\n')
  }

  t.test('health first', async (t) => {
    const [x] = begin(nameOf(a, first))
    a.out.add(a.at(first))
    t.equal(affinity.pick(x), null)
    const renewed = head()
    affinity.answered(x, renewed, a.at('10.0.0.1:80'))
    t.match(renewed.fields, `hg=${nameOf(a, '10.0.0.1:80')};`)
    a.out.clear()
    t.equal(affinity.pick(x), a.at(first))
  })

  t.test('a try elsewhere', async (t) => {
    const [x] = begin(nameOf(a, first))
    x.tried = [a.at(first)]
    t.equal(affinity.pick(x), null, 'never twice')
    const hedged = head()
    affinity.answered(x, hedged, a.at('10.0.0.1:80'))
    t.equal(hedged.fields, '', 'another one was quicker: the session stays')
    x.retries = 1
    const moved = head()
    affinity.answered(x, moved, a.at('10.0.0.1:80'))
    t.match(moved.fields, /^set-cookie/, 'it failed: the session moves')
  })

  t.test('somebody stands in', async (t) => {
    const [x] = begin(nameOf(a, first))
    x.upstream = dr.upstream
    x.choice = 1
    t.equal(affinity.pick(x), null, 'the same address there is another endpoint')
    const renewed = head()
    affinity.answered(x, renewed, dr.at(first))
    t.match(renewed.fields, `hg=${nameOf(dr, first)};`)
  })

  t.test('an upstream of which nobody can be used', async (t) => {
    b.usable = false
    const [x, choice] = begin(nameOf(b, first), b)
    b.usable = true
    t.equal(choice, -1, 'another one may be better')
    t.equal(x.session, null)
    t.equal(x.fields, 'cookie: mine=1\r\n')
  })

  t.test('an endpoint that is gone', async (t) => {
    const value = nameOf(b, first)
    b.endpoints = new Map([...b.endpoints].slice(1))
    const [x, choice] = begin(value, b)
    t.equal(choice, 1, 'the upstream stays')
    t.equal(affinity.pick(x), null)
  })

  const secure = fakeExchange({ upstream: a.upstream, choice: 0 }, fakeDownstream(new Peer('192.0.2.1', 443, true, false)))
  const session = new CookieAffinity({ name: 'hg', ttl: null }, names, reach)
  const over = head()
  session.answered(secure, over, a.at(first))
  t.match(over.fields, /; Path=\/; HttpOnly; SameSite=Lax; Secure\r\n$/)
  t.notMatch(over.fields, /Max-Age/)
})

t.test('by header', async (t) => {
  const affinity = new HeaderAffinity('x-session', [1], () => true)
  const some = new Some('u', addresses(10))
  const pick = (value: string, tried: Endpoint[] | null = null): string | undefined => {
    const x = fakeExchange({ fields: `X-Session: ${value}\r\n`, upstream: some.upstream, tried, hash: 42 })
    t.equal(affinity.begin(x), -1)
    const endpoint = affinity.pick(x)
    if (x.hash !== 42) t.fail('the hash of the balancer is not touched')
    return endpoint?.address
  }
  const values = Array.from({ length: 1000 }, (_, i) => `s${i}`)
  const before = new Map(values.map((value) => [value, pick(value)]))
  t.equal(new Set(before.values()).size, 10)
  t.strictSame(new Map(values.map((value) => [value, pick(value)])), before)

  const gone = some.at('10.0.0.3:80')
  some.out.add(gone)
  some.changed()
  for (const value of values) {
    const now = pick(value)
    if (before.get(value) === gone.address) t.not(now, gone.address)
    else if (now !== before.get(value)) t.fail(`${value} has moved`)
  }
  some.out.clear()
  some.changed()
  t.strictSame(new Map(values.map((value) => [value, pick(value)])), before, 'back again')
  const [value = '', address = ''] = [...before][0] as [string, string]
  t.not(pick(value, [some.at(address)]), address)
  t.equal(pick(''), undefined, 'empty is none')
  const none = fakeExchange({ upstream: some.upstream })
  t.equal(affinity.begin(none), -1)
  t.equal(affinity.pick(none), null)
})

t.test('by header: the upstream of a list', async (t) => {
  const values = Array.from({ length: 4000 }, (_, i) => `s${i}`)
  const choices = (weights: readonly number[], out = -1): number[] => {
    const affinity = new HeaderAffinity('x-session', weights, (choice) => choice !== out)
    return values.map((value) => affinity.begin(fakeExchange({ fields: `x-session: ${value}\r\n` })))
  }
  const [ten, twenty] = [choices([90, 10]), choices([80, 20])]
  const share = (list: number[]): number => list.filter((choice) => choice === 1).length / values.length
  t.ok(Math.abs(share(ten) - 0.1) < 0.02, `${share(ten)}`)
  t.ok(Math.abs(share(twenty) - 0.2) < 0.02, `${share(twenty)}`)
  t.equal(ten.filter((choice, i) => choice === 1 && twenty[i] !== 1).length, 0, 'who was in the canary stays')
  t.strictSame(
    choices([90, 10], 1),
    ten.map((choice) => (choice === 1 ? -1 : choice)),
    'whoever has nobody there is free',
  )
})
