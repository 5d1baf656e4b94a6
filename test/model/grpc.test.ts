// gRPC's deadlines, statuses and messages, and what becomes of answers of ours.

import t from 'tap'
import { grpcAnswer, grpcRequestTimeout, grpcStatusIn, grpcTimeout } from '../../src/model/grpc.ts'
import { problem } from '../../src/model/problem.ts'
import { REASONS, type ReasonCode } from '../../src/model/reasons.ts'
import { fakeExchange } from '../support/fake-exchange.ts'

const TIMEOUTS: readonly [value: string, ms: number][] = [
  ['1S', 1000],
  ['100m', 100],
  ['2M', 120_000],
  ['1H', 3_600_000],
  ['1500u', 2],
  ['1n', 1],
  ['0S', 1],
  ['99999999H', 2 ** 31 - 1],
  ['100', 0],
  ['m', 0],
  ['-1S', 0],
  ['1.5S', 0],
  ['123456789S', 0],
  ['1s', 0],
  ['1S, 2S', 0],
  ['', 0],
]

for (const [value, ms] of TIMEOUTS)
  t.test(`grpc-timeout: ${value}`, async (t) => t.equal(grpcTimeout(`te: trailers\r\ngrpc-timeout: ${value}\r\n`), ms))

t.test('the smaller of the two holds', async (t) => {
  const head = 'grpc-timeout: 5S\r\n'
  t.strictSame(
    [0, 1000, 9000].map((ms) => grpcRequestTimeout(head, ms)),
    [5000, 1000, 5000],
  )
  t.strictSame(
    [0, 1000].map((ms) => grpcRequestTimeout('', ms)),
    [0, 1000],
  )
})

t.test('statuses', async (t) => {
  t.equal(grpcStatusIn('content-type: application/grpc\r\ngrpc-status: 14\r\n'), 14)
  for (const wrong of ['', 'grpc-status: x\r\n', 'grpc-status: -1\r\n', 'grpc-status: 1\r\ngrpc-status: 2\r\n'])
    t.equal(grpcStatusIn(wrong), -1)
})

const STATUS: Readonly<Partial<Record<ReasonCode, number>>> = {
  'no-route': 12,
  'no-endpoint': 14,
  'connect-failure': 14,
  'connect-timeout': 14,
  'refused-stream': 14,
  reset: 14,
  protocol: 14,
  'limit-pending': 14,
  'breaker-open': 14,
  overload: 14,
  'request-timeout': 4,
  'attempt-timeout': 4,
  'idle-timeout': 4,
  'body-limit': 8,
  'bad-request': 13,
}

for (const [reason, status] of Object.entries(STATUS)) {
  t.test(`${reason} is ${status}`, async (t) => {
    const x = fakeExchange()
    const answer = grpcAnswer(x, problem(reason as ReasonCode, 'so it is', true))
    t.equal(answer.status, 200)
    t.equal(answer.body, '')
    t.equal(x.grpcStatus, status)
    t.match(answer.fields, `grpc-status: ${status}\r\n`)
    t.match(answer.fields, 'content-type: application/grpc\r\n')
    t.match(answer.fields, `grpc-message: ${REASONS[reason as ReasonCode].title}: so it is\r\n`)
    t.match(answer.fields, `x-headgate-reason: ${reason}\r\n`)
    t.notMatch(answer.fields, 'problem+json')
  })
}

t.test('every reason has a status that is an error', async (t) => {
  for (const reason of Object.keys(REASONS) as ReasonCode[]) {
    const x = fakeExchange()
    grpcAnswer(x, problem(reason, '', true))
    t.ok(x.grpcStatus > 0 && x.grpcStatus <= 16, reason)
  }
})

t.test('messages are percent-encoded UTF-8', async (t) => {
  const { fields } = grpcAnswer(fakeExchange(), problem('protocol', '100 % ü\r\n\0€', true))
  t.match(fields, 'grpc-message: The endpoint sent an answer that is not valid HTTP: 100 %25 %C3%BC%0D%0A%00%E2%82%AC\r\n')
  t.notMatch(grpcAnswer(fakeExchange(), problem('protocol', 'secret', false)).fields, /secret|protocol/)
})

t.test('what a filter says as gRPC stays', async (t) => {
  const x = fakeExchange()
  const own = { status: 200, fields: 'content-type: application/grpc\r\ngrpc-status: 5\r\n', body: '' }
  t.equal(grpcAnswer(x, own), own)
  t.equal(x.grpcStatus, 5)
})
