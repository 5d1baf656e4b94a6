// Keys of requests on real sockets: the same key goes to the same endpoint, whatever happens to the others.

import t from 'tap'
import { configOf, scene, startGateway, type TestGateway } from '../support/gateway.ts'
import { type RawEndpoint, type Script, startEndpoint } from '../support/raw-endpoint.ts'

const named =
  (name: string): Script =>
  (_request, connection, phase) => {
    if (phase === 'end') connection.answer(name)
  }

const USERS = Array.from({ length: 40 }, (_, i) => `user-${i}`)

/** Where the requests of each user go. */
async function places(gateway: TestGateway, line: (user: string) => string, path = 'GET /'): Promise<Map<string, string>> {
  const client = await gateway.client()
  const found = new Map<string, string>()
  for (const user of USERS) found.set(user, (await client.ask(path, [line(user)])).body)
  return found
}

const address = (endpoint: RawEndpoint): string => endpoint.address

for (const type of ['ring-hash', 'maglev', 'rendezvous']) {
  t.test(`${type}: a header's value keeps its endpoint when another one goes, and gets it back when it returns`, async (t) => {
    const endpoints = await Promise.all([startEndpoint(t), startEndpoint(t), startEndpoint(t)])
    for (const [i, endpoint] of endpoints.entries()) endpoint.script = named(`e${i}`)
    const changes = { upstream: { balancer: { type, key: { header: 'X-User' } } } }
    const gateway = await startGateway(t, configOf(endpoints.map(address), changes))
    const byUser = (user: string) => `x-user: ${user}`

    const first = await places(gateway, byUser)
    t.strictSame(await places(gateway, byUser), first)
    t.equal(new Set(first.values()).size, 3, 'all have some')

    await gateway.apply(configOf(endpoints.slice(0, 2).map(address), changes))
    const without = await places(gateway, byUser)
    t.notOk([...without.values()].includes('e2'))
    const strayed = USERS.filter((user) => first.get(user) !== 'e2' && without.get(user) !== first.get(user))
    t.ok(strayed.length <= (type === 'maglev' ? 2 : 0), `${strayed.length} others moved`)

    await gateway.apply(configOf(endpoints.map(address), changes))
    t.strictSame(await places(gateway, byUser), first)

    // One that is dead but still written: its keys go on, each to one and the same, and the others stay.
    await endpoints[1].close()
    const fallen = await places(gateway, byUser)
    t.strictSame(await places(gateway, byUser), fallen)
    for (const user of USERS) if (first.get(user) !== 'e1') t.equal(fallen.get(user), first.get(user))
    gateway.closeClients()
  })
}

scene(
  'the key of a route goes before that of its upstream',
  { endpoints: 3, upstream: { balancer: 'ring-hash' } },
  async (t, { gateway, endpoints }) => {
    for (const [i, endpoint] of endpoints.entries()) endpoint.script = named(`e${i}`)
    const byUser = (user: string) => `cookie: user=${user}`
    t.equal(new Set((await places(gateway, byUser)).values()).size, 1, 'one client, one endpoint')
    await gateway.apply(
      configOf(endpoints.map(address), { upstream: { balancer: 'ring-hash' }, route: { hash: { cookie: 'user' } } }),
    )
    const found = await places(gateway, byUser)
    t.equal(new Set(found.values()).size, 3)
    t.strictSame(await places(gateway, byUser), found)
    t.equal(new Set((await places(gateway, () => 'x-none: 1')).values()).size, 3, 'without the cookie: at random')
  },
)

scene(
  'bounded loads: who has too much running is passed over',
  { endpoints: 2, upstream: { balancer: { type: 'ring-hash', key: { header: 'x-user' }, boundedLoad: '150%' } } },
  async (t, { gateway, endpoints }) => {
    const held: (() => void)[] = []
    for (const endpoint of endpoints) {
      endpoint.script = (_request, connection, phase) => {
        if (phase === 'end') held.push(() => connection.answer('ok'))
      }
    }
    const clients = await Promise.all(Array.from({ length: 8 }, () => gateway.client()))
    for (const [i, client] of clients.entries()) {
      client.request('GET /', ['x-user: the same'])
      while (held.length <= i) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    const counts = endpoints.map(({ requests }) => requests.length).sort((a, b) => a - b)
    // ceil(1.5 x 8 / 2) at most at one of them.
    t.strictSame(counts, [2, 6])
    for (const answer of held) answer()
    for (const client of clients) t.equal((await client.response()).status, 200)
  },
)

scene(
  'peak-ewma: an endpoint that is slow, and then fails quickly, gets little',
  { endpoints: 3, upstream: { balancer: 'peak-ewma' } },
  async (t, { gateway, endpoints }) => {
    const [bad, one, other] = endpoints as [RawEndpoint, RawEndpoint, RawEndpoint]
    bad.script = (_request, connection, phase) => {
      if (phase === 'end') setTimeout(() => connection.answer('slow'), 50)
    }
    one.script = named('one')
    other.script = named('other')
    const client = await gateway.client()
    for (let i = 0; i < 200; i++) await client.ask('GET /')
    t.ok(bad.requests.length >= 1 && bad.requests.length <= 20, `${bad.requests.length} of 200 to the slow one`)
    bad.script = (_request, connection, phase) => {
      if (phase === 'end') connection.answer('away', [], '503 Service Unavailable')
    }
    const before = bad.requests.length
    for (let i = 0; i < 200; i++) await client.ask('GET /')
    t.ok(bad.requests.length - before <= 20, `${bad.requests.length - before} of 200 to the failing one`)
    t.ok(one.requests.length > 100 && other.requests.length > 100, 'the others share')
  },
)
