// What a log says a request was sent by: as it stood in the head.

import t from 'tap'
import { parseRequestHead, RequestScan } from '../../src/http1/parse-request.ts'
import { readRequest } from '../../src/http1/read-request.ts'
import type { Clock } from '../../src/model/clock.ts'
import { Exchange } from '../../src/model/exchange.ts'
import { recordOf } from '../../src/proxy/record.ts'
import { fakeDownstream, fakeListener } from '../support/fake-exchange.ts'

const LIMITS = { requestLine: 1000, headerBytes: 1000, headerCount: 20 }
const CLOCK = { now: () => 0, wall: () => 0 } as Clock
const scan = new RequestScan()

function userAgent(lines: string, before = ''): string | null {
  const head = `${before}GET /a?b=c HTTP/1.1\r\nHost: a.example\r\n${lines}\r\n`
  const consumed = parseRequestHead(`${head}user-agent: body\r\n\r\n`, LIMITS, scan)
  t.equal(consumed, head.length, JSON.stringify(head))
  const x = new Exchange(fakeDownstream(), fakeListener(), 0)
  t.equal(readRequest(scan, x, { authority: '', host: '' }, false, consumed), 0)
  return recordOf(x, 1, CLOCK).userAgent
}

t.test('as it stands in the head', async (t) => {
  t.equal(userAgent('User-Agent: curl/8.5.0\r\n'), 'curl/8.5.0')
  t.equal(userAgent('a: b\r\nuSER-aGENT:  two words\t \r\nc: d\r\n'), 'two words')
  t.equal(userAgent('User-Agent: x\r\n', '\r\n'), 'x', 'behind an empty line')
  t.equal(userAgent('User-Agent:\r\n'), '')
  t.equal(userAgent('User-Agent: caf\xe9\r\n'), 'caf\xe9')
})

t.test('of several all that they say, of none nothing', async (t) => {
  t.equal(userAgent('User-Agent: a\r\nx: y\r\nuser-agent: b\r\n'), 'a, b')
  t.equal(userAgent('a: b\r\n'), null)
  t.equal(userAgent('User_Agent: a\r\nUser.Agent: b\r\nUser-Agents: c\r\n'), null)
})

t.test('one that Connection names is still what the client said', async (t) => {
  t.equal(userAgent('Connection: user-agent\r\nUser-Agent: a\r\n'), 'a')
})
