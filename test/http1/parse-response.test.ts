// Heads of responses.

import t from 'tap'
import { RESPONSE_HEADER_BYTES, RESPONSE_HEADER_COUNT } from '../../src/http1/parse-response.ts'
import { BODY } from '../../src/model/message.ts'
import { parseResponse, verdictsOfPrefixes } from '../support/parsing.ts'

t.test('how long a body is', async (t) => {
  const length = 'Content-Length: 5\r\n'
  const coding = 'Transfer-Encoding: chunked\r\n'
  for (const [line, fields, head, body] of [
    ['HTTP/1.1 200 OK', length, false, BODY.LENGTH],
    ['HTTP/1.1 200 OK', 'Content-Length: 0\r\n', false, BODY.NONE],
    ['HTTP/1.1 200 OK', coding, false, BODY.STREAM],
    ['HTTP/1.1 200 OK', '', false, BODY.CLOSE],
    ['HTTP/1.0 200 OK', '', false, BODY.CLOSE],
    ['HTTP/1.1 200 OK', length, true, BODY.NONE],
    ['HTTP/1.1 200 OK', coding, true, BODY.NONE],
    ['HTTP/1.1 204 No Content', length, false, BODY.NONE],
    ['HTTP/1.1 304 Not Modified', length, false, BODY.NONE],
    ['HTTP/1.1 103 Early Hints', '', false, BODY.NONE],
    ['HTTP/1.1 404 Not Found', length, false, BODY.LENGTH],
  ] as const) {
    const text = `${line}\r\n${fields}\r\n`
    const { verdict, scan } = parseResponse(text, head)
    t.equal(verdict, text.length)
    t.equal(scan.body, body, `${line} ${fields.trim()} ${head ? 'to HEAD' : ''}`)
    t.equal(scan.length, body === BODY.LENGTH ? 5 : 0)
  }
})

t.test('what a head says', async (t) => {
  const text =
    'HTTP/1.1 200 Fine then\r\nConnection: Close, x-a\r\nKeep-Alive: max=5, timeout=7\r\nDate: now\r\nContent-Length: 1\r\n\r\n'
  const { scan } = parseResponse(text)
  t.match(scan, { status: 200, minor: 1, close: true, date: true, keepAliveTimeout: 7, phraseOk: true })
  t.strictSame(scan.nominated, ['x-a'])
  t.equal(text.slice(13, scan.phraseEnd), 'Fine then')
  t.match(parseResponse('HTTP/1.0 999 \r\nConnection: keep-alive\r\n\r\n').scan, {
    status: 999,
    minor: 0,
    keepAlive: true,
    keepAliveTimeout: -1,
  })
  t.equal(parseResponse('HTTP/1.1 200\r\n\r\n').scan.status, 200, 'without a phrase')
  t.equal(parseResponse('HTTP/1.1 200 a\x01b\r\n\r\n').scan.phraseOk, false)
  t.equal(parseResponse(`HTTP/1.1 200 ${'p'.repeat(129)}\r\n\r\n`).scan.phraseOk, false)
  t.equal(parseResponse(`HTTP/1.1 200 ${'p'.repeat(128)}\r\n\r\n`).scan.phraseOk, true)
})

t.test('what is wrong is named, wherever the bytes are cut', async (t) => {
  const ok = 'HTTP/1.1 200 OK\r\n'
  for (const [text, error] of [
    ['ICY 200 OK\r\n\r\n', 'STATUS_LINE'],
    ['HTTP/2.0 200 OK\r\n\r\n', 'STATUS_LINE'],
    ['HTTP/1.1 99 OK\r\n\r\n', 'STATUS_LINE'],
    ['HTTP/1.1 099 OK\r\n\r\n', 'STATUS_LINE'],
    ['HTTP/1.1 1000 OK\r\n\r\n', 'STATUS_LINE'],
    ['HTTP/1.1 2OO OK\r\n\r\n', 'STATUS_LINE'],
    ['HTTP/1.1  200 OK\r\n\r\n', 'STATUS_LINE'],
    ['HTTP/1.1 200 OK\n\n', 'STATUS_LINE'],
    ['HTTP/1.1 200 OK\rX', 'STATUS_LINE'],
    [`${ok}X: a\r\n b\r\n\r\n`, 'FOLD'],
    [`${ok}X y: a\r\n\r\n`, 'FIELD_NAME'],
    [`${ok}X: \x00\r\n\r\n`, 'FIELD_VALUE'],
    [`${ok}X: a\nY: b\r\n\r\n`, 'LINE_END'],
    [`${ok}Content-Length: 1\r\nContent-Length: 1\r\n\r\n`, 'LENGTH_MANY'],
    [`${ok}Content-Length: 5, 6\r\n\r\n`, 'LENGTH'],
    [`${ok}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, 'LENGTH_AND_CODING'],
    [`${ok}Transfer-Encoding: gzip\r\n\r\n`, 'CODING_UNKNOWN'],
    [`${ok}Transfer-Encoding: chunked\t\r\n\r\n`, 'CODING'],
    ['HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'LENGTH_AND_CODING'],
  ] as const) {
    t.strictSame(
      verdictsOfPrefixes(text, (prefix) => parseResponse(prefix).verdict),
      [error],
      JSON.stringify(text),
    )
  }
})

t.test('what is right needs all its bytes, and not more', async (t) => {
  for (const text of [
    'HTTP/1.1 200 OK\r\nX: 1\r\n\r\n',
    'HTTP/1.0 404\r\n\r\n',
    'HTTP/1.1 200 \r\nContent-Length: 3\r\n\r\n',
  ]) {
    t.strictSame(
      verdictsOfPrefixes(`${text}abc`, (prefix) => parseResponse(prefix).verdict),
      [text.length],
    )
  }
})

t.test('limits: below, at and above', async (t) => {
  const line = 'HTTP/1.1 200 OK\r\n'
  for (const more of [-1, 0, 1]) {
    const large = `${line}X: ${'v'.repeat(RESPONSE_HEADER_BYTES - 7 + more)}\r\n\r\n`
    t.equal(parseResponse(large).verdict, more > 0 ? 'HEADER_BYTES' : large.length)
    const many = `${line}${'x: 1\r\n'.repeat(RESPONSE_HEADER_COUNT + more)}\r\n`
    t.equal(parseResponse(many).verdict, more > 0 ? 'HEADER_COUNT' : many.length)
  }
  t.equal(parseResponse(`HTTP/1.1 200 ${'p'.repeat(100_000)}`).verdict, 'STATUS_LINE')
})
