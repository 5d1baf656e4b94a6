// Heads of requests: what is found in them, what is refused and under which name, and that cuts change nothing.

import t from 'tap'
import { BODY } from '../../src/model/message.ts'
import { LIMITS, parseRequest, verdictsOfPrefixes } from '../support/parsing.ts'

const HOST = 'Host: a\r\n'

t.test('what a head says', async (t) => {
  const text = `POST /p?q HTTP/1.1\r\n${HOST}Content-Length: 5\r\nConnection: close, X-Drop\r\nTE: trailers\r\nVia: 1.1 x\r\n\r\n`
  const { verdict, scan } = parseRequest(`${text}hello`)
  t.equal(verdict, text.length)
  t.match(scan, { method: 'POST', minor: 1, body: BODY.LENGTH, length: 5, close: true, keepAlive: false, trailers: true })
  t.strictSame(scan.nominated, ['x-drop'])
  t.equal(text.slice(scan.targetStart, scan.targetEnd), '/p?q')
  t.equal(scan.fields.value(scan.host), 'a')
  t.equal(scan.fields.value(scan.via), '1.1 x')
  t.equal(scan.fields.count, 5)
  const plain = parseRequest(`GET / HTTP/1.0\r\n\r\n`)
  t.match(plain.scan, { method: 'GET', minor: 0, body: BODY.NONE, host: -1, close: false, nominated: null })
  t.equal(parseRequest(`\r\nGET / HTTP/1.1\r\n${HOST}\r\n`).verdict, 29, 'one empty line before it is ignored')
  t.equal(parseRequest(`GET / HTTP/1.9\r\n${HOST}\r\n`).scan.minor, 1)
  t.match(parseRequest(`PUT / HTTP/1.1\r\n${HOST}Transfer-Encoding: Chunked\r\n\r\n`).scan, { body: BODY.STREAM })
  t.match(parseRequest(`PUT / HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`).scan, { body: BODY.NONE })
  t.equal(parseRequest(`FOO!#$ / HTTP/1.1\r\n${HOST}\r\n`).scan.method, 'FOO!#$')
})

t.test('one scan serves one request after the other', async (t) => {
  const { scan } = parseRequest(
    `PUT / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nExpect: 100-continue\r\nConnection: close, a\r\n\r\n`,
  )
  scan.reset()
  t.match(scan, { body: BODY.NONE, host: -1, expect: -1, close: false, nominated: null })
})

const line = (text: string) => `${text}\r\n${HOST}\r\n`
const field = (text: string) => `GET / HTTP/1.1\r\n${HOST}${text}\r\n\r\n`

const WRONG: readonly (readonly [string, string])[] = [
  [' GET / HTTP/1.1\r\n', 'METHOD'],
  ['G@T / HTTP/1.1\r\n', 'METHOD'],
  [`${'A'.repeat(65)} / HTTP/1.1\r\n`, 'METHOD'],
  ['GET\t/ HTTP/1.1\r\n', 'METHOD'],
  [line('get / HTTP/1.1'), 'METHOD_CASE'],
  [line('Post / HTTP/1.1'), 'METHOD_CASE'],
  ['GET  / HTTP/1.1\r\n', 'TARGET'],
  ['GET /\x7f HTTP/1.1\r\n', 'TARGET'],
  ['GET /\xe9 HTTP/1.1\r\n', 'TARGET'],
  ['GET /# HTTP/1.1\r\n', 'TARGET'],
  ['GET /\r\n', 'VERSION_SYNTAX'],
  ['GET /\n', 'TARGET'],
  ['GET / http/1.1\r\n', 'VERSION_SYNTAX'],
  ['GET / HTTP/11\r\n', 'VERSION_SYNTAX'],
  ['GET / HTTP/1.10\r\n', 'VERSION_SYNTAX'],
  ['GET / HTTP/1.1 \r\n', 'VERSION_SYNTAX'],
  ['GET / HTTP/2.0\r\n', 'VERSION'],
  ['GET / HTTP/0.9\r\n', 'VERSION'],
  ['GET / HTTP/1.1\n', 'LINE_END'],
  ['GET / HTTP/1.1\rX', 'LINE_END'],
  ['\r\n\r\n', 'EMPTY_LINES'],
  ['\rX', 'LINE_END'],
  ['\n', 'METHOD'],
  [field('X : 1'), 'FIELD_NAME'],
  [field(': 1'), 'FIELD_NAME'],
  [field('X'), 'FIELD_NAME'],
  [field('X\x00: 1'), 'FIELD_NAME'],
  [field('\xe9: 1'), 'FIELD_NAME'],
  [field('X: 1\r\n 2'), 'FOLD'],
  [field('X: 1\r\n\t2'), 'FOLD'],
  [field('X: \x00'), 'FIELD_VALUE'],
  [field('X: a\x0bb'), 'FIELD_VALUE'],
  [field('X: \x7f'), 'FIELD_VALUE'],
  [field('X: a\nY: b'), 'LINE_END'],
  [field('X: a\rY: b'), 'LINE_END'],
  [`GET / HTTP/1.1\r\n${HOST}\r\x00`, 'LINE_END'],
  ['GET / HTTP/1.1\r\n\r\n', 'HOST_MISSING'],
  [field('hOST: a'), 'HOST_MANY'],
  [field('Content-Length: +5'), 'LENGTH'],
  [field('Content-Length: 05'), 'LENGTH'],
  [field('Content-Length:'), 'LENGTH'],
  [field('Content-Length: 5, 5'), 'LENGTH'],
  [field('Content-Length: 9007199254740992'), 'LENGTH'],
  [field('Content-Length: 99999999999999999'), 'LENGTH'],
  [field('Content-Length: 5\r\nContent-Length: 5'), 'LENGTH_MANY'],
  [field('Content-Length: 0\r\nTransfer-Encoding: chunked'), 'LENGTH_AND_CODING'],
  [field('Transfer-Encoding: chunked\r\nContent-Length: 5'), 'LENGTH_AND_CODING'],
  [field('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked'), 'CODING'],
  [field('Transfer-Encoding: chunked '), 'CODING'],
  [field('Transfer-Encoding: gzip'), 'CODING_UNKNOWN'],
  ['POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n', 'CODING_1_0'],
  [field('Expect: else'), 'EXPECT'],
  [field('Expect: 100-continue\r\nExpect: 100-continue'), 'EXPECT'],
  [field('Expect: 100-continue '), 'EXPECT'],
  [field('Upgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 1'), 'UPGRADE_BODY'],
]

t.test('what is wrong is named, wherever the bytes are cut', async (t) => {
  for (const [text, error] of WRONG) {
    t.equal(parseRequest(text).verdict, error, JSON.stringify(text))
    t.strictSame(
      verdictsOfPrefixes(text, (prefix) => parseRequest(prefix).verdict),
      [error],
      `${JSON.stringify(text)} cut`,
    )
  }
})

t.test('what is right needs all its bytes, and not more', async (t) => {
  for (const text of [
    line('GET / HTTP/1.1'),
    `\r\n${line('DELETE /a?b=c HTTP/1.0')}`,
    field('X:1\r\nY:\t 2 \t\r\nEmpty:\r\nObs: \x80\xff'),
    field('Transfer-Encoding: chunked\r\nTE: deflate, trailers;q=1'),
    field('Content-Length: 9007199254740991'),
  ]) {
    t.strictSame(
      verdictsOfPrefixes(`${text}GET`, (prefix) => parseRequest(prefix).verdict),
      [text.length],
      JSON.stringify(text),
    )
  }
})

t.test('limits: below, at and above', async (t) => {
  const limits = { ...LIMITS, requestLine: 40, headerBytes: 60, headerCount: 3 }
  const verdict = (text: string) => {
    const all = verdictsOfPrefixes(text, (prefix) => parseRequest(prefix, limits).verdict)
    return all.length === 1 ? all[0] : all
  }
  for (const [more, expected] of [
    [-1, true],
    [0, true],
    [1, false],
  ] as const) {
    const first = `GET /${'a'.repeat(40 - 14 + more)} HTTP/1.1`
    t.equal(verdict(line(first)), expected ? line(first).length : 'URI_TOO_LONG', `${first.length} bytes of request line`)
    const section = `Host: a\r\nX: ${'v'.repeat(60 - 16 + more)}\r\n\r\n`
    const text = `GET / HTTP/1.1\r\n${section}`
    t.equal(verdict(text), expected ? text.length : 'HEADER_BYTES', `${section.length} bytes of fields`)
    const fields = `GET / HTTP/1.1\r\n${HOST}${'x: 1\r\n'.repeat(2 + more)}\r\n`
    t.equal(verdict(fields), expected ? fields.length : 'HEADER_COUNT', `${3 + more} fields`)
  }
  t.equal(parseRequest(`GET /${'a'.repeat(100)}`, limits).verdict, 'URI_TOO_LONG', 'before the line has ended')
  t.equal(parseRequest(`GET / HTTP/1.1\r\nX: ${'a'.repeat(100)}`, limits).verdict, 'HEADER_BYTES')
})

t.test('more fields than fit at first', async (t) => {
  const text = `GET / HTTP/1.1\r\n${HOST}${Array.from({ length: 999 }, (_, i) => `x-${i}: ${i}\r\n`).join('')}\r\n`
  const { verdict, scan } = parseRequest(text, { ...LIMITS, headerCount: 1000 })
  t.equal(verdict, text.length)
  t.equal(scan.fields.count, 1000)
  t.equal(scan.fields.value(999), '998')
})
