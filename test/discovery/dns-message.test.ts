// Whatever bytes come, reading them never throws, and what is read answers the question.

import { type Answer, encode } from 'dns-packet'
import fc from 'fast-check'
import t from 'tap'
import { type Question, readReply, writeQuestion } from '../../src/discovery/dns-message.ts'
import { a, aaaa, cname, srv } from '../support/dns-server.ts'

const QUESTION: Question = { name: 'users.test', type: 'A' }

const answer = (answers: Answer[], id = 7) =>
  encode({ type: 'response', id, questions: [{ name: 'Users.Test', type: 'A', class: 'IN' }], answers })

t.test('records that are used, with names as they are compared', async (t) => {
  const bytes = answer([
    a('users.test', '10.0.0.1', 5),
    aaaa('x.test', 'fd00::1', 2 ** 31),
    cname('USERS.test', 'X.Test.'),
    srv('users.test', 'S.test', 80, 2, 1, 9),
    { type: 'TXT', name: 'users.test', data: 'x' },
    { type: 'A', name: 'users.test', data: '10.0.0.9', class: 'CH' },
  ])
  t.strictSame(readReply(bytes, 7, QUESTION)?.answers, [
    { name: 'users.test', ttl: 5, type: 'A', data: '10.0.0.1' },
    { name: 'x.test', ttl: 0, type: 'AAAA', data: 'fd00::1' },
    { name: 'users.test', ttl: 10, type: 'CNAME', data: 'x.test' },
    { name: 'users.test', ttl: 9, type: 'SRV', data: { host: 's.test', port: 80, priority: 1, weight: 2 } },
  ])
  t.equal(readReply(bytes, 8, QUESTION), null)
  t.equal(readReply(bytes, 7, { ...QUESTION, type: 'AAAA' }), null)
  t.equal(readReply(bytes, 7, { ...QUESTION, name: 'other.test' }), null)
  t.equal(readReply(writeQuestion(7, QUESTION, false), 7, QUESTION), null, 'a question is no answer')
})

t.test('any bytes', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      readReply(Buffer.from(bytes), 7, QUESTION)
    }),
    { numRuns: 500 },
  )
})

t.test('answers with some bytes changed, or cut', async (t) => {
  const good = answer([a('users.test', '10.0.0.1'), cname('users.test', 'x.test'), srv('users.test', 's.test', 80)])
  let read = 0
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 0, max: good.length }),
      (changes, length) => {
        const bytes = Buffer.from(good)
        for (const [at, value] of changes) bytes[at] = value
        for (const whole of [bytes, bytes.subarray(0, length)]) {
          const reply = readReply(whole, 7, QUESTION)
          if (reply === null) continue
          read++
          if (reply.answers.some(({ ttl }) => !(ttl >= 0 && ttl < 2 ** 31))) throw new Error('a TTL out of its range')
        }
      },
    ),
    { numRuns: 1000 },
  )
  t.ok(read > 100, 'some of them could still be read')
})
