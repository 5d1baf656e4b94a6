// Which fields travel on, and in which form.

import t from 'tap'
import { keepFields } from '../../src/http1/keep-fields.ts'
import { FieldScan, scanFields } from '../../src/http1/scan-fields.ts'
import { trailerFields } from '../../src/http1/trailers.ts'
import { DROP_FROM_CLIENT, DROP_FROM_ENDPOINT, DROP_FROM_TRUSTED, DROP_WITH_LENGTH } from '../../src/model/dropped-fields.ts'
import { classify, FIELD } from '../../src/model/field-names.ts'

function keep(section: string, drop: Uint8Array, nominated: string[] | null = null): string {
  const scan = new FieldScan()
  scan.reset(`GET / HTTP/1.1\r\n${section}\r\n`)
  if (scanFields(scan, 16, 10_000, 1000) <= 0) throw new Error(`not a section: ${section}`)
  return keepFields(scan, drop, nominated)
}

const A = 'a: 1\r\n'
const B = 'B: two words\r\n'

t.test('the same whether lines were canonical or not', async (t) => {
  const dropped = [
    'Connection: x',
    'Keep-Alive: 1',
    'TE: gzip',
    'Trailer: x',
    'Upgrade: h2c',
    'Proxy-Connection: x',
    'Proxy: x',
    'HTTP2-Settings: x',
    'Transfer-Encoding: chunked',
    'Proxy-Authorization: x',
  ]
  for (const line of dropped) {
    for (const section of [
      `${line}\r\n${A}${B}`,
      `${A}${line}\r\n${B}`,
      `${A}${B}${line}\r\n`,
      `${line}\r\n${A}${line}\r\n${line}\r\n${B}${line}\r\n`,
    ]) {
      t.equal(keep(section, DROP_FROM_CLIENT), A + B, section)
      t.equal(keep(`${section}`.replaceAll(': ', ':\t '), DROP_FROM_CLIENT), A + B, 'not canonical')
      t.equal(keep(section, DROP_FROM_ENDPOINT), A + B)
    }
  }
  t.equal(keep('', DROP_FROM_CLIENT), '')
  t.equal(keep('Host: a\r\n', DROP_FROM_CLIENT), '')
  t.equal(keep('X:\xe9 \r\nY:\r\n', DROP_FROM_CLIENT), 'X: \xe9\r\nY: \r\n')
})

t.test('what only a trusted hop may say', async (t) => {
  const said = 'X-Real-IP: 1\r\nX-Forwarded-Prefix: /p\r\nTrue-Client-IP: 2\r\n'
  t.equal(keep(said + A, DROP_FROM_CLIENT), A)
  t.equal(keep(said + A, DROP_FROM_TRUSTED), said + A)
  const ours = 'X-Forwarded-For: 1\r\nForwarded: for=1\r\nHost: a\r\nExpect: 100-continue\r\nX-Headgate-Reason: x\r\n'
  t.equal(keep(ours + A, DROP_FROM_TRUSTED), A)
})

t.test('aliases of names that mean something are dropped from requests, other odd names are not', async (t) => {
  for (const name of [
    'X_Forwarded_For',
    'x.forwarded.for',
    'Content_Length',
    'Transfer.Encoding',
    'Authorization_',
    'X-Forwarded-For_',
    'Cookie__',
    'X_Real-IP',
    'Host.',
  ])
    t.equal(keep(`${name}: 1\r\n${A}`, DROP_FROM_CLIENT), A, name)
  for (const name of ['X_Other', 'a.b', '__proto__', 'constructor', '_', '___', 'x-forwarded-foo'])
    t.equal(keep(`${name}: 1\r\n`, DROP_FROM_CLIENT), `${name}: 1\r\n`, name)
  t.equal(keep('set_cookie: 1\r\n', DROP_FROM_ENDPOINT), 'set_cookie: 1\r\n')
})

t.test('what Connection nominates', async (t) => {
  t.equal(keep(`X-Drop: 1\r\n${A}x-DROP: 2\r\n${B}`, DROP_FROM_CLIENT, ['x-drop']), A + B)
})

t.test('responses that may not say a length', async (t) => {
  t.equal(keep(`Content-Length: 5\r\n${A}`, DROP_FROM_ENDPOINT), `Content-Length: 5\r\n${A}`)
  t.equal(keep(`Content-Length: 5\r\n${A}`, DROP_WITH_LENGTH), A)
  t.equal(keep(`X-Headgate-Reason: no-route\r\n${A}`, DROP_FROM_ENDPOINT), A, 'only the gateway says its reasons')
})

t.test('trailers', async (t) => {
  t.equal(trailerFields(''), '')
  t.equal(trailerFields('x-sum:  1 \r\n'), 'x-sum: 1\r\n')
  t.equal(trailerFields('traceparent: x\r\nb3: 0\r\n'), 'traceparent: x\r\nb3: 0\r\n')
  for (const name of [
    'Content-Length',
    'Transfer-Encoding',
    'Host',
    'Authorization',
    'Content-Type',
    'X-Forwarded-For',
    'Connection',
    'Cookie',
    'x_forwarded_for',
    'TE',
    'Date',
  ])
    t.equal(trailerFields(`${name}: 1\r\nx: 2\r\n`), 'x: 2\r\n', name)
})

t.test('names are told apart in any case and by their whole length', async (t) => {
  const kind = (name: string) => classify(`<${name}>`, 1, 1 + name.length)
  for (const name of ['host', 'HOST', 'hOsT']) t.equal(kind(name), FIELD.HOST)
  for (const name of ['hos', 'hostx', 'xhost', 'h']) t.equal(kind(name), FIELD.PLAIN)
  t.equal(kind('content-length'), FIELD.CONTENT_LENGTH)
  t.equal(kind('content-lengtx'), FIELD.PLAIN)
  t.equal(kind('keep-alive'), FIELD.KEEP_ALIVE)
  t.equal(kind('x'.repeat(100)), FIELD.PLAIN, 'longer than any')
  t.equal(kind('b3'), FIELD.TRACE)
  // They begin with the same bits, and are as long.
  for (const name of ['"3', 'r3', 'B4', '4raceparent']) t.equal(kind(name), FIELD.PLAIN, name)
  for (const name of ['X-B3_TraceId', 'traceparent_', 'traceparent-.'])
    t.equal(kind(name), FIELD.PLAIN, `${name} is no field of a trace, and goes on`)
})
