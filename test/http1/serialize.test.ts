// Heads as they are written.

import t from 'tap'
import { connectionLine, requestHead, responseHead, statusLine } from '../../src/http1/serialize.ts'
import { BODY, type ResponseHead } from '../../src/model/message.ts'
import { fakeExchange } from '../support/fake-exchange.ts'

t.test('requests', async (t) => {
  t.equal(
    requestHead(fakeExchange({ path: '/p', query: '?q' }), 'x: 1\r\n', 'a:80'),
    'GET /p?q HTTP/1.1\r\nHost: a:80\r\nx: 1\r\n\r\n',
  )
  t.equal(
    requestHead(fakeExchange({ method: 'POST', body: BODY.STREAM }), '', 'a'),
    'POST / HTTP/1.1\r\nHost: a\r\ntransfer-encoding: chunked\r\n\r\n',
  )
  t.equal(
    requestHead(fakeExchange({ method: 'PUT', body: BODY.LENGTH }), 'content-length: 3\r\n', 'a'),
    'PUT / HTTP/1.1\r\nHost: a\r\ncontent-length: 3\r\n\r\n',
  )
  t.match(requestHead(fakeExchange({ trailersAccepted: true }), '', 'a'), 'te: trailers\r\nconnection: te\r\n')
})

t.test('status lines', async (t) => {
  t.equal(statusLine(200, ''), 'HTTP/1.1 200 OK\r\n')
  t.equal(statusLine(404, 'Nothing here'), 'HTTP/1.1 404 Nothing here\r\n')
  t.equal(statusLine(599, ''), 'HTTP/1.1 599 \r\n')
})

t.test('responses', async (t) => {
  const head = (changes: Partial<ResponseHead>): ResponseHead => ({
    status: 200,
    phrase: '',
    fields: '',
    body: BODY.NONE,
    length: 0,
    dated: false,
    ...changes,
  })
  t.equal(
    responseHead(head({ fields: 'x: 1\r\n' }), false, false, false, 'date: d\r\n'),
    'HTTP/1.1 200 OK\r\nx: 1\r\ndate: d\r\n\r\n',
  )
  t.equal(responseHead(head({}), false, false, true, ''), 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
  t.equal(responseHead(head({}), true, false, false, ''), 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n')
  t.strictSame(
    [connectionLine(false, false), connectionLine(true, true), connectionLine(false, true)],
    ['', 'connection: close\r\n', 'connection: keep-alive\r\n'],
  )
})
