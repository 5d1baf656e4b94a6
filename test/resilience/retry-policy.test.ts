// What a retry block allows, and how long it waits.

import t from 'tap'
import { DEFAULT_RETRY, hedgePolicy, NO_RETRY, retryPolicy } from '../../src/resilience/retry-policy.ts'

const OPTIONS = {
  attempts: 3,
  on: ['connect-failure', 'reset', '503', '4xx'],
  methods: ['GET', 'PUT'],
  backoff: { base: 25, max: 250 },
  budget: 0.2,
  bodyBytes: 1024,
}

t.test('failures', async (t) => {
  const policy = retryPolicy(OPTIONS)
  t.equal(policy.onFailure('POST', 'connect-failure', true), true, 'nothing was sent')
  t.equal(policy.onFailure('POST', 'connect-timeout', true), true)
  t.equal(policy.onFailure('GET', 'reset', true), true)
  t.equal(policy.onFailure('GET', 'reset', false), false, 'a byte of a response had come')
  t.equal(policy.onFailure('POST', 'reset', true), false, 'not a method that may be sent twice')
  t.equal(policy.onFailure('GET', 'timeout', true), false, 'not asked for')
  t.equal(retryPolicy({ ...OPTIONS, on: ['timeout'] }).onFailure('GET', 'timeout', true), true)
  t.equal(retryPolicy({ ...OPTIONS, on: ['timeout'] }).onFailure('GET', 'idle-timeout', true), true)
  t.equal(retryPolicy({ ...OPTIONS, on: ['timeout'] }).onFailure('GET', 'idle-timeout', false), true, 'part of a head')
  t.equal(retryPolicy({ ...OPTIONS, on: ['503'] }).onFailure('GET', 'connect-failure', true), false)
  t.equal(policy.onFailure('GET', 'refused-stream', true), false, 'not asked for')
  t.equal(
    retryPolicy({ ...OPTIONS, on: ['refused-stream'] }).onFailure('POST', 'refused-stream', true),
    true,
    'nothing was done',
  )
  for (const outcome of ['ok', 'protocol', 'cancelled'] as const)
    t.equal(policy.onFailure('GET', outcome, true), false, outcome)
})

t.test('statuses and classes', async (t) => {
  const { onStatus } = retryPolicy(OPTIONS)
  t.equal(onStatus?.('GET', 503), true)
  t.equal(onStatus?.('POST', 503), false)
  t.equal(onStatus?.('GET', 502), false)
  for (const status of [400, 404, 499]) t.equal(onStatus?.('PUT', status), true, `${status}`)
  for (const status of [200, 302, 399, 500]) t.equal(onStatus?.('PUT', status), false, `${status}`)
  t.equal(retryPolicy({ ...OPTIONS, on: ['reset'] }).onStatus, null, 'no status costs nothing')
})

t.test('backoff: full jitter, exponential, bounded; Retry-After up to the bound', async (t) => {
  const policy = retryPolicy(OPTIONS)
  t.equal(
    policy.delay(1, 'connect-failure', 0, () => 1),
    0,
    'elsewhere at once',
  )
  t.equal(
    policy.delay(2, 'connect-failure', 0, () => 1),
    50,
  )
  t.equal(
    policy.delay(1, 'reset', 0, () => 1),
    25,
  )
  t.equal(
    policy.delay(1, 'reset', 0, () => 0),
    0,
  )
  t.equal(
    policy.delay(3, 'ok', 0, () => 0.5),
    50,
  )
  t.equal(
    policy.delay(9, 'ok', 0, () => 1),
    250,
  )
  t.equal(
    policy.delay(1, 'ok', 100, () => 0),
    100,
  )
  t.equal(
    policy.delay(1, 'ok', 60_000, () => 0),
    250,
  )
})

t.test('without a block, and with attempts: 0', async (t) => {
  t.equal(DEFAULT_RETRY.attempts, 1)
  t.equal(DEFAULT_RETRY.onFailure('POST', 'connect-failure', true), true)
  t.equal(DEFAULT_RETRY.onFailure('GET', 'reset', true), true)
  t.equal(DEFAULT_RETRY.onFailure('POST', 'reset', true), false)
  t.equal(DEFAULT_RETRY.onFailure('POST', 'refused-stream', true), true)
  t.equal(DEFAULT_RETRY.onFailure('GET', 'timeout', true), false)
  t.equal(DEFAULT_RETRY.onStatus, null)
  t.equal(retryPolicy({ ...OPTIONS, attempts: 0 }), NO_RETRY)
  t.equal(NO_RETRY.onFailure('GET', 'connect-failure', true), false)
})

t.test('hedges are for the methods of retries and within their budget', async (t) => {
  const plain = hedgePolicy({ after: 20, max: 2 }, null)
  t.match(plain, { after: 20, max: 2, budget: 0.2 })
  t.strictSame(
    ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'POST', 'PATCH', 'MKCOL'].map((method) => plain.covers(method)),
    [true, true, true, true, true, false, false, false],
  )
  const own = hedgePolicy({ after: 20, max: 1 }, { ...OPTIONS, attempts: 0, budget: 0.1, methods: ['POST'] })
  t.strictSame([own.budget, own.covers('POST'), own.covers('GET')], [0.1, true, false])
})
