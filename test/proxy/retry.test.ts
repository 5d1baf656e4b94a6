// What an endpoint's words mean for another try: Retry-After, and a stream that it has refused.

import t from 'tap'
import type { Connector, EndpointConnection, Failure, RunningAttempt } from '../../src/model/connection.ts'
import { Histogram, ResponseCounters } from '../../src/model/counters.ts'
import { Deadlines } from '../../src/model/deadlines.ts'
import { Endpoint } from '../../src/model/endpoint.ts'
import type { LocalAnswer } from '../../src/model/message.ts'
import type { RouteBinding } from '../../src/model/snapshot.ts'
import { Upstream } from '../../src/model/upstream.ts'
import { RequestProxy } from '../../src/proxy/proxy.ts'
import { retryAfter } from '../../src/proxy/retry.ts'
import { retryPolicy } from '../../src/resilience/retry-policy.ts'
import { fakeDownstream, fakeExchange, fakeListener } from '../support/fake-exchange.ts'

t.test('Retry-After: seconds, and the three forms of a date', async (t) => {
  const now = Date.UTC(1994, 10, 6, 8, 49, 7)
  t.equal(retryAfter(null, now), 0)
  t.equal(retryAfter('2', now), 2000)
  t.equal(retryAfter('0', now), 0)
  for (const date of ['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])
    t.equal(retryAfter(date, now), 30_000, date)
  t.equal(retryAfter('Sun, 06 Nov 1994 08:49:06 GMT', now), 0, 'over already')
  for (const wrong of ['', '-1', '1.5', '1e3', 'soon', 'Sun', '2099-01-01T00:00:00Z', 'Sun, 99 Nov 2099 08:49:37 GMT'])
    t.equal(retryAfter(wrong, now), 0, wrong)
  t.equal(retryAfter('9'.repeat(400), now), Number.POSITIVE_INFINITY, 'the policy bounds it')
})

/** A proxy in front of endpoints whose connections fail as told, one after the other; then they answer 200. */
function rig(method: string, failures: readonly Failure[], on: readonly string[]) {
  const clock = { now: () => 1000, wall: () => 1000 }
  const connection: EndpointConnection = { sendBody: () => true, endBody() {}, pause() {}, resume() {}, cancel() {} }
  const running: RunningAttempt[] = []
  const connector: Connector = {
    send(attempt) {
      running.push(attempt)
      return connection
    },
    closeOneIdle: () => false,
    retire() {},
  }
  const endpoints = ['a', 'b', 'c'].map((address) => new Endpoint(address))
  const recorded: string[] = []
  const settings = { maxRequests: 9, maxConnections: 9, maxPending: 0, pendingTimeout: 1 }
  const upstream = new Upstream('u', settings as unknown as Upstream['settings'], {
    pick: ({ tried }) => endpoints.find((endpoint) => tried?.includes(endpoint) !== true) ?? null,
  })
  upstream.connectors = new Map(endpoints.map((endpoint) => [endpoint, connector]))
  upstream.roster = {
    panic: false,
    usable: true,
    record: (_endpoint: Endpoint, outcome: string) => recorded.push(outcome),
    stateOf: () => ({ up: true, reason: '', until: null }),
  } as unknown as Upstream['roster']
  const backoff = { base: 0, max: 0 }
  const binding = {
    name: 'r',
    upstreams: [upstream],
    weights: [1],
    split: null,
    hashes: null,
    standIns: null,
    subsets: null,
    affinity: null,
    chains: null,
    upgrades: null,
    requestTimeout: 0,
    attemptTimeout: 0,
    idleTimeout: 0,
    mirrors: null,
    hedge: null,
    retry: retryPolicy({ attempts: 2, on, methods: ['GET'], backoff, budget: null, bodyBytes: 1024 }),
    duration: new Histogram(),
    responses: [new ResponseCounters('web', 'r', 'u')],
  } as unknown as RouteBinding
  const proxy = new RequestProxy(clock, new Deadlines(clock), () => 0)
  const answers: LocalAnswer[] = []
  const downstream = { ...fakeDownstream(), answer: (_x: unknown, made: LocalAnswer) => void answers.push(made) }
  const listener = fakeListener({ route: () => binding })
  const x = fakeExchange({ method, listener }, downstream)
  proxy.begin(x)
  for (const failure of failures) running.at(-1)?.onFailure(failure, 'told to', true)
  return { x, tries: running.length, answer: answers[0] ?? null, endpoints, recorded, upstream }
}

t.test('a refused stream is tried again whatever the method, and says nothing about the endpoint', async (t) => {
  const { tries, answer, endpoints, recorded, upstream } = rig('POST', ['refused-stream', 'refused-stream'], ['refused-stream'])
  t.equal(tries, 3)
  t.equal(answer, null)
  t.strictSame(
    endpoints.map(({ counters }) => counters.reset),
    [1, 1, 0],
  )
  t.strictSame(recorded, [])
  t.equal(upstream.counters.retries.get('refused-stream failed'), 1)
})

t.test('not where it was not asked for, nor more often than allowed', async (t) => {
  const unasked = rig('POST', ['refused-stream'], ['reset'])
  t.strictSame([unasked.tries, unasked.answer?.status, unasked.answer?.reason], [1, 503, 'refused-stream'])
  const often = rig('POST', ['refused-stream', 'refused-stream', 'refused-stream'], ['refused-stream'])
  t.strictSame([often.tries, often.answer?.status], [3, 503])
})

t.test('an idle connection counts as a timeout', async (t) => {
  const { tries, endpoints, recorded } = rig('GET', ['idle-timeout'], ['timeout'])
  t.equal(tries, 2)
  t.equal(endpoints[0]?.counters.timeout, 1)
  t.strictSame(recorded, ['timeout'])
  const untried = rig('GET', ['idle-timeout'], ['reset'])
  t.strictSame([untried.tries, untried.answer?.status, untried.answer?.reason], [1, 504, 'idle-timeout'])
})
