// Endpoints that discovery takes away: nothing new for them, what runs there ends in peace.

import t, { type Test } from 'tap'
import { processParts } from '../../src/app-worker.ts'
import { normalizeConfig } from '../../src/config/parse.ts'
import type { EndpointSpec } from '../../src/model/endpoint.ts'
import { WHOLE } from '../../src/model/quota.ts'
import { ownListen } from '../../src/supervisor/own-listen.ts'
import { configOf } from '../support/gateway.ts'
import { RawClient } from '../support/raw-client.ts'
import { type RawEndpoint, startEndpoint } from '../support/raw-endpoint.ts'
import { until } from '../support/until.ts'

/** A data plane whose endpoints are what the test says, as a discovery would. */
async function plane(t: Test, count: number, upstream: object = {}) {
  const endpoints: RawEndpoint[] = []
  for (let i = 0; i < count; i++) {
    const endpoint = await startEndpoint(t)
    endpoint.script = (_request, connection, phase) => phase === 'end' && connection.answer(String(i))
    endpoints.push(endpoint)
  }
  const parsed = normalizeConfig(
    configOf([], { upstream: { discovery: { dns: { name: 'nobody.test', port: 80 } }, ...upstream } }),
  )
  if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors))
  const parts = processParts(() => {})
  const data = parts.makePlane({ id: 'test', part: WHOLE, listen: ownListen, log: () => {} })
  t.teardown(() => data.close())
  /** Indices of endpoints; a text is one that is being taken away. */
  const specs = (list: readonly (number | string)[]): EndpointSpec[] =>
    list.map((which) => ({
      address: (endpoints[Number(which)] as RawEndpoint).address,
      weight: 1,
      ...(typeof which === 'string' ? { terminating: true } : {}),
    }))
  const set = (...list: (number | string)[]) => data.setEndpoints('all', specs(list))
  data.commit(await data.prepare(parsed.config, new Map([['all', specs([...endpoints.keys()])]])))
  const port = Number(data.addresses()[0]?.address.split(':')[1])
  const client = async () => {
    const opened = await RawClient.open(port)
    t.teardown(() => opened.destroy())
    return opened
  }
  const first = await client()
  const ask = async (times: number): Promise<string> => {
    let bodies = ''
    for (let i = 0; i < times; i++) bodies += (await first.ask('GET /')).body
    return [...bodies].sort().join('')
  }
  const states = () => data.upstreams()[0]?.endpoints.map(({ health }) => health)
  const idle = (i: number) => (endpoints[i] as RawEndpoint).open.length
  return { endpoints: endpoints as [RawEndpoint, RawEndpoint], data, set, client, ask, states, idle }
}

t.test('no new requests, and idle connections are closed', async (t) => {
  const { set, ask, states, idle, data } = await plane(t, 2)
  t.equal(await ask(4), '0011')
  set('0', 1)
  t.same(states(), ['terminating', 'up'])
  t.match(data.upstreams()[0]?.endpoints[0], { reason: 'discovery takes it away', until: null })
  await until('its connection to be closed', () => idle(0) === 0)
  t.equal(await ask(4), '1111')
  set(0, 1)
  t.same(states(), ['up', 'up'])
  t.equal(await ask(4), '0011', 'and again, if it is not taken away after all')
  t.equal(idle(0), 1, 'over one connection')
})

t.test('what runs there goes on', async (t) => {
  const { endpoints, set, client, idle, ask } = await plane(t, 1)
  const [endpoint] = endpoints
  const waiting: (() => void)[] = []
  endpoint.script = (_request, connection, phase) => {
    if (phase !== 'end') return
    connection.send('HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nhalf')
    waiting.push(() => connection.send('done'))
  }
  for (const change of [() => set('0'), () => set()]) {
    const slow = await client()
    const answer = slow.ask('GET /')
    await until('it to begin', () => waiting.length === 1)
    change()
    waiting.shift()?.()
    t.equal((await answer).body, 'halfdone')
    await until('the connection to be closed behind it', () => idle(0) === 0)
    set(0)
  }
  endpoint.script = (_request, connection, phase) => phase === 'end' && connection.answer('0')
  t.equal(await ask(1), '0')
})

t.test('when all are being taken away they are used, each request over a connection of its own', async (t) => {
  const { endpoints, set, ask, idle, data } = await plane(t, 2)
  set('0', '1')
  t.equal(await ask(4), '0011')
  await until('connections to be closed', () => idle(0) + idle(1) === 0)
  t.equal(endpoints[0].connections.length, 2)
  const explained = data.explain({ method: 'GET', url: 'http://a/', headers: [], listener: null, client: null, seed: 1 })
  t.match(explained, { explanation: { endpoints: [{ eligible: true }, { eligible: true }] } })
})

t.test('new ones that are not well yet do not take the place of old ones that are', async (t) => {
  const { endpoints, set, ask, states, data } = await plane(t, 2, { health: { initial: 'down' } })
  const [old, fresh] = endpoints.map(({ address }) => address) as [string, string]
  const health = data.upstreams()[0]?.endpoints.map(({ reason }) => reason)
  t.same(health, ['not probed yet', 'not probed yet'])
  const { checkOf } = await import('../../src/compile/health-rules.ts')
  const parsed = normalizeConfig(
    configOf([], { upstream: { discovery: { dns: { name: 'nobody.test', port: 80 } }, health: { initial: 'down' } } }),
  )
  const check = 'config' in parsed ? checkOf(parsed.config.upstreams.all as never) : ''
  data.setHealth('all', { check, states: new Map([[old, { up: true, steady: true, reason: '' }]]) })
  t.same(states(), ['up', 'unhealthy'])
  set('0', 1)
  t.equal(await ask(4), '0000')
  data.setHealth('all', { check, states: new Map([[fresh, { up: true, steady: true, reason: '' }]]) })
  t.equal(await ask(4), '1111')
  data.setHealth('all', { check: 'another', states: new Map([[fresh, { up: false, steady: false, reason: 'no' }]]) })
  t.equal(await ask(4), '1111', 'what others have found does not count')
})
