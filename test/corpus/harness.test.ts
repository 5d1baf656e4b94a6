// The corpus's own readers must see what they are there to see: each rule of theirs is broken once.

import t from 'tap'
import { canonicalComplaints } from './invariants.ts'
import { RequestSplitter, type SeenRequest } from './request-splitter.ts'
import { ResponseReader } from './response-reader.ts'

function split(bytes: string): { requests: SeenRequest[]; rest: string } {
  const splitter = new RequestSplitter(
    () => {},
    () => {},
  )
  for (const byte of bytes) splitter.feed(byte)
  return { requests: splitter.requests, rest: splitter.rest }
}

const complaints = (bytes: string): string => split(bytes).requests.flatMap(canonicalComplaints).join('; ')

t.test('requests', async (t) => {
  const good =
    'POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n'
  const { requests, rest } = split(`${good}GET`)
  t.equal(complaints(good), '')
  t.strictSame(
    requests.map(({ method, target, complete, reader }) => [method, target, complete, reader.body, reader.trailers.length]),
    [
      ['POST', '/x', true, 'hello', 1],
      ['GET', '/', true, '', 0],
    ],
  )
  t.equal(rest, 'GET')
  const line = 'GET / HTTP/1.1\r\nHost: a\r\n'
  const broken: readonly [string, RegExp][] = [
    ['GET  / HTTP/1.1\r\nHost: a\r\n\r\n', /request line/],
    ['GET / HTTP/1.0\r\nHost: a\r\n\r\n', /request line/],
    ['GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n', /request line/],
    [`${line}Host: a\r\n\r\n`, /2 Host/],
    ['GET / HTTP/1.1\r\n\r\n', /0 Host/],
    [`${line}X : 1\r\n\r\n`, /field line/],
    [`${line}X:1\r\n\r\n`, /field line/],
    [`${line}X: 1 \r\n\r\n`, /white space/],
    [`${line} folded\r\n\r\n`, /field line/],
    [`${line}X: a\nb\r\n\r\n`, /field line/],
    [`${line}X: a\x00\r\n\r\n`, /field line/],
    [`${line}Upgrade: h2c\r\n\r\n`, /hop-by-hop/],
    [`${line}Keep-Alive: 1\r\n\r\n`, /hop-by-hop/],
    [`${line}Connection: x\r\n\r\n`, /connection: x/],
    [`${line}TE: gzip\r\n\r\n`, /te: gzip/],
    [`${line}Content-Length: 0\r\nContent-Length: 0\r\n\r\n`, /framing/],
    [`${line}Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, /framing/],
    [`${line}Content-Length: 01\r\n\r\nx`, /content-length/],
    [`${line}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, /transfer-encoding/],
    [`${line}Transfer-Encoding: chunked\r\n\r\n1;a\r\nx\r\n0\r\n\r\n`, /chunk size/],
    [`${line}Transfer-Encoding: chunked\r\n\r\n01\r\nx\r\n0\r\n\r\n`, /chunk size/],
    [`${line}Transfer-Encoding: chunked\r\n\r\n1\r\nxyz0\r\n\r\n`, /chunk data/],
  ]
  for (const [bytes, pattern] of broken) t.match(complaints(bytes), pattern, JSON.stringify(bytes))
})

t.test('responses', async (t) => {
  const read = (bytes: string, ...methods: string[]): ResponseReader => {
    const reader = new ResponseReader(methods)
    for (const byte of bytes) reader.feed(byte)
    return reader
  }
  const several = read(
    'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nHTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n!',
    'HEAD',
  )
  t.strictSame(
    several.responses.map(({ status, body, complete, closes }) => [status, body, complete, closes]),
    [
      [200, '', true, false],
      [200, 'x', true, false],
      [204, '', true, true],
    ],
  )
  t.equal(several.interim.length, 1)
  t.equal(several.rest, '!')
  const cut = read('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell')
  cut.finish()
  t.equal(cut.responses[0]?.complete, false, 'a body that is too short stays unfinished')
  const ended = read('HTTP/1.1 200 OK\r\n\r\nhell')
  ended.finish()
  t.equal(ended.responses[0]?.complete, true, 'a body without a length ends with the connection')
  t.match(read('HTTP/1.0 200 OK\r\n\r\n').responses[0]?.complaints, [/status line/])
  t.match(read('HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n').responses[0]?.complaints, [/framing/])
})
