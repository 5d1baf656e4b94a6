// The supervisor's side of discovery: what is passed on to the planes, and when.

import t, { type Test } from 'tap'
import { KubernetesLink } from '../../src/compile/kubernetes-link.ts'
import type { GatewayConfig } from '../../src/config/model.ts'
import { normalizeConfig } from '../../src/config/parse.ts'
import { DiscoveryDesk } from '../../src/supervisor/discovery-desk.ts'
import { StatsAggregator } from '../../src/telemetry/aggregate.ts'
import { a, startDns } from '../support/dns-server.ts'
import { settled } from '../support/turned-time.ts'
import { until } from '../support/until.ts'

const upstream = (resolver: string, name: string) => ({ discovery: { dns: { name, port: 80, resolver } } })

function configOf(upstreams: object): GatewayConfig {
  const parsed = normalizeConfig({ admin: 'off', listeners: [], routes: [], upstreams } as never)
  if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors))
  return parsed.config
}

async function scene(t: Test) {
  const dns = await startDns(t)
  dns.records = [a('one.test', '10.0.0.1', 1), a('two.test', '10.0.0.2', 1)]
  const told: string[] = []
  const log: string[] = []
  let ahead = 0
  const world = {
    clock: { now: () => performance.now() + ahead, wall: () => 0 },
    random: () => 0,
    log: (_level: string, message: string) => log.push(message),
  }
  const desk = new DiscoveryDesk({
    ...world,
    planes: { setEndpoints: (name, endpoints) => told.push(`${name} ${endpoints.map(({ address }) => address)}`) },
    stats: new StatsAggregator(),
    kubernetes: new KubernetesLink(world),
  })
  t.teardown(() => desk.close())
  const advance = (ms: number) => {
    ahead += ms
  }
  const one = configOf({ u: upstream(dns.address, 'one.test') })
  desk.begin(one)
  await desk.firstAnswers()
  return { dns, desk, told, log, one, advance }
}

t.test('a set that does not change is passed on once', async (t) => {
  const { dns, told, advance } = await scene(t)
  t.same(told, ['u 10.0.0.1:80'])
  for (let i = 1; i <= 3; i++) {
    const asked = dns.asked.length
    advance(1200)
    await until('it is asked again', () => dns.asked.length >= asked + 2)
  }
  dns.records = [a('one.test', '10.0.0.9', 1)]
  advance(1200)
  await until('the change', () => told.length > 1)
  t.same(told, ['u 10.0.0.1:80', 'u 10.0.0.9:80'])
})

for (const applied of [true, false]) {
  t.test(`while a configuration is ${applied ? 'applied' : 'refused'} sets stand still`, async (t) => {
    const { dns, desk, told, log, one, advance } = await scene(t)
    const next = configOf({ u: upstream(dns.address, 'two.test'), same: upstream(dns.address, 'one.test') })
    const sets = await desk.prepare(next, one)
    t.same(
      [...sets].map(([name, endpoints]) => `${name} ${endpoints.map(({ address }) => address)}`),
      ['u 10.0.0.2:80', 'same 10.0.0.1:80'],
    )
    const changes = log.filter((message) => message === 'endpoints changed').length
    dns.records = [a('one.test', '10.0.1.1', 1), a('two.test', '10.0.1.2', 1)]
    advance(1200)
    await until('all three', () => log.filter((message) => message === 'endpoints changed').length === changes + 3)
    t.equal(told.length, 1)
    desk.settle(applied ? next : one, applied)
    t.same(told.slice(1), applied ? ['u 10.0.1.2:80', 'same 10.0.1.1:80'] : ['u 10.0.1.1:80'])
    const before = dns.asked.length
    advance(1200)
    await until('only what is in force', () => dns.asked.length >= before + (applied ? 4 : 2))
    const names = new Set(dns.asked.slice(before).map(({ name }) => name))
    t.same([...names].sort(), applied ? ['one.test', 'two.test'] : ['one.test'])
  })
}

t.test('what is waited for', async (t) => {
  const { dns, desk, one, advance } = await scene(t)
  t.same(desk.awaited(), [])
  const next = configOf({ u: upstream(dns.address, 'one.test'), v: upstream(dns.address, 'nowhere.test') })
  await desk.prepare(next, one)
  desk.settle(next, true)
  t.same(desk.awaited(), ['v'])
  t.same([desk.addressesOf('u'), desk.addressesOf('v'), desk.addressesOf('w')], [new Set(['10.0.0.1:80']), new Set(), null])
  advance(10_000)
  t.same(desk.awaited(), [], 'not for ever')
})

t.test('each is waited for once: one that does not answer does not delay every change', async (t) => {
  const { dns, desk, one } = await scene(t)
  dns.trick = () => null
  const next = configOf({ u: upstream(dns.address, 'one.test'), silent: upstream(dns.address, 'silent.test') })
  const prepared = async (): Promise<string> => {
    const done = desk.prepare(next, one)
    const when = await Promise.race([done.then(() => 'at once'), settled().then(() => 'later')])
    await done
    desk.settle(next, true)
    return when
  }
  t.equal(await prepared(), 'later')
  t.equal(await prepared(), 'at once')
})

t.test('after a refusal everything is told again: it is not known what was still under way', async (t) => {
  const { dns, desk, told, one } = await scene(t)
  await desk.prepare(configOf({ u: upstream(dns.address, 'one.test'), v: upstream(dns.address, 'two.test') }), one)
  desk.settle(one, false)
  t.same(told, ['u 10.0.0.1:80', 'u 10.0.0.1:80'])
})

t.test('closed while a configuration is applied: nothing begins again', async (t) => {
  const { dns, desk, told, one } = await scene(t)
  const next = configOf({ u: upstream(dns.address, 'two.test') })
  await desk.prepare(next, one)
  desk.close()
  desk.settle(next, true)
  t.equal(told.length, 1)
  t.equal(desk.addressesOf('u'), null)
})
