// The supervisor's side of health checks: what is passed on to the planes, under which settings, and what is not any more.

import t, { type Test } from 'tap'
import type { GatewayConfig } from '../../src/config/model.ts'
import { normalizeConfig } from '../../src/config/parse.ts'
import { HealthDesk } from '../../src/supervisor/health-desk.ts'
import { StatsAggregator } from '../../src/telemetry/aggregate.ts'
import { type EndpointConnection, type RawEndpoint, startEndpoint } from '../support/raw-endpoint.ts'
import { pause, until } from '../support/until.ts'

const HEALTH = { path: '/h', interval: '50ms', jitter: '0%', timeout: '5s', healthy: 1, unhealthy: 1 }

function configOf(health: object | null, addresses: readonly string[], upstream = 'u'): GatewayConfig {
  const upstreams = { [upstream]: { discovery: { static: addresses }, ...(health === null ? {} : { health }) } }
  const parsed = normalizeConfig({ admin: 'off', listeners: [], routes: [], upstreams } as never)
  if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors))
  return parsed.config
}

async function scene(t: Test) {
  const told: { upstream: string; check: string; states: string }[] = []
  const log: string[] = []
  const stats = new StatsAggregator()
  const desk = new HealthDesk({
    planes: {
      setHealth: (upstream, { check, states }) => {
        const text = [...states].map(([, state]) => (state === null ? 'gone' : state.up ? 'up' : state.reason)).join(' ')
        told.push({ upstream, check, states: text })
      },
    },
    stats,
    clock: { now: () => performance.now(), wall: () => 0 },
    random: () => 0.5,
    log: (_level, message) => log.push(message),
  })
  t.teardown(() => desk.close())
  const endpoint = await startEndpoint(t)
  const held: EndpointConnection[] = []
  let answer = '200 OK'
  endpoint.script = (_request, connection, phase) => {
    if (phase !== 'end') return
    if (answer === '') held.push(connection)
    else connection.answer('', [], answer)
  }
  const settle = (config: GatewayConfig) =>
    desk.settle(config, (upstream) => {
      const discovery = config.upstreams[upstream]?.discovery
      return new Set(discovery !== undefined && 'static' in discovery ? discovery.static.map(({ address }) => address) : [])
    })
  const answers = (with_: string) => {
    answer = with_
  }
  return {
    desk,
    endpoint: endpoint as RawEndpoint,
    told,
    log,
    settle,
    answers,
    held,
    states: () => told.map(({ states }) => states),
  }
}

t.test('changes are passed on, and only changes', async (t) => {
  const { endpoint, told, log, settle, answers, states } = await scene(t)
  settle(configOf(HEALTH, [endpoint.address]))
  await until('the first', () => told.length === 1)
  await until('many probes', () => endpoint.requests.length > 4)
  t.same(states(), ['up'])
  answers('503 No')
  await until('the change', () => told.length === 2)
  answers('500 No')
  await until('another reason', () => told.length === 3)
  answers('200 OK')
  await until('the way back', () => told.length === 4)
  t.same(states(), ['up', 'status 503', 'status 500', 'up'])
  t.same(log, ['an endpoint is unhealthy', 'an endpoint is healthy'])
  t.equal(new Set(told.map(({ check }) => check)).size, 1)
})

t.test('a probe of old settings that is answered later says nothing about new ones', async (t) => {
  const { endpoint, told, settle, answers, held, states } = await scene(t)
  answers('')
  settle(configOf(HEALTH, [endpoint.address]))
  await until('a probe under way', () => held.length === 1)
  settle(configOf({ ...HEALTH, expect: [200] }, [endpoint.address]))
  t.same(states(), [''], 'what was known is void')
  await until('its connection to be closed', () => held[0]?.closed === true)
  held[0]?.answer('', [], '503 No')
  await until('the next one', () => held.length === 2)
  held[1]?.answer('', [], '200 OK')
  await until('its result', () => told.length === 2)
  t.same(states(), ['', 'up'])
  t.not(told[0]?.check, '')
  t.equal(told[0]?.check, told[1]?.check)
})

t.test('unchanged settings go on; endpoints come and go', async (t) => {
  const { desk, endpoint, told, settle, states } = await scene(t)
  const other = await startEndpoint(t)
  settle(configOf(HEALTH, [endpoint.address]))
  await until('the first', () => told.length === 1)
  settle(configOf(HEALTH, [endpoint.address]))
  desk.setEndpoints('u', [endpoint.address, other.address])
  await until('the second', () => told.length === 2)
  t.same(states(), ['up', 'up'], 'the first is not new')
  desk.setEndpoints('u', [other.address])
  t.same(states(), ['up', 'up', 'gone'], 'at once')
  const before = endpoint.requests.length
  const probed = other.requests.length
  await until('more probes', () => other.requests.length > probed + 3)
  t.ok(endpoint.requests.length <= before + 1)
  desk.setEndpoints('nobody', ['127.0.0.1:1'])
})

t.test('without health nothing is probed; and nothing after the end', async (t) => {
  const { desk, endpoint, told, settle } = await scene(t)
  settle(configOf(null, [endpoint.address]))
  settle(configOf(HEALTH, [endpoint.address]))
  await until('a probe', () => told.length === 1)
  settle(configOf(null, [endpoint.address]))
  t.match(told[1], { check: '', states: '' })
  settle(configOf(HEALTH, [endpoint.address], 'v'))
  desk.close()
  settle(configOf(HEALTH, [endpoint.address]))
  desk.setEndpoints('u', [endpoint.address])
  const before = endpoint.requests.length
  await pause(150)
  t.equal(endpoint.requests.length, before)
  t.equal(told.length, 2)
})
