// Header lists and canonical text, each made of the other.

import t from 'tap'
import { appendFields, FieldListScan, fieldObject, scanFieldList } from '../../src/http2/fields.ts'
import { DROP_FROM_CLIENT, DROP_FROM_ENDPOINT, DROP_FROM_TRUSTED } from '../../src/model/dropped-fields.ts'

const scan = new FieldListScan()
const PSEUDO = [':method', 'GET', ':scheme', 'http', ':authority', 'a', ':path', '/']

const read = (...fields: string[]): string | null => scanFieldList(scan, [...PSEUDO, ...fields], DROP_FROM_CLIENT)

t.test('pseudo-header fields', async (t) => {
  t.equal(read(), null)
  t.match(scan, {
    method: 'GET',
    scheme: 'http',
    authority: 'a',
    path: '/',
    protocol: null,
    status: null,
    count: 0,
    all: '',
    kept: '',
  })
  t.equal(read(':path', '/'), ':path is there twice')
  t.equal(read(':what', '/'), 'a pseudo-header field is unknown')
  t.equal(read('a', 'b', ':path', '/'), 'a pseudo-header field behind a field')
  t.equal(scanFieldList(scan, [':status', '200', 'Date', 'x'], DROP_FROM_ENDPOINT), 'a field name is malformed')
})

t.test('what travels on', async (t) => {
  t.equal(read('accept', '*/*', 'x', '1', 'x', '2'), null)
  t.equal(scan.kept, 'accept: */*\r\nx: 1\r\nx: 2\r\n')
  t.equal(scan.count, 3)
  t.equal(read('a', '1', 'te', 'trailers', 'x-real-ip', '1.2.3.4', 'x_forwarded_for', '1', 'b', '2', 'via', '1.1 x'), null)
  t.equal(scan.kept, 'a: 1\r\nb: 2\r\nvia: 1.1 x\r\n')
  t.match(scan.all, /x-real-ip: 1\.2\.3\.4/)
  t.match(scan, { trailers: true, via: true, forwarded: false })
  t.equal(scanFieldList(scan, ['x-real-ip', '1'], DROP_FROM_TRUSTED), null)
  t.equal(scan.kept, 'x-real-ip: 1\r\n')
})

t.test('fields of a trace are noticed, and travel on', async (t) => {
  for (const name of ['traceparent', 'tracestate', 'b3', 'x-b3-traceid', 'x-b3-flags']) {
    t.equal(read(name, 'x'), null)
    t.match(scan, { trace: true, kept: `${name}: x\r\n` })
  }
  for (const name of ['x_b3_traceid', 'traceparen', 'b33']) {
    t.equal(read(name, 'x'), null)
    t.match(scan, { trace: false, kept: `${name}: x\r\n` })
  }
})

t.test('cookie crumbs become one field and are counted each', async (t) => {
  t.equal(read('cookie', 'a=1', 'x', '1', 'te', 'trailers', 'cookie', 'b=2', 'cookie', 'c=3'), null)
  t.equal(scan.kept, 'x: 1\r\ncookie: a=1; b=2; c=3\r\n')
  t.equal(scan.count, 5)
})

t.test('content-length', async (t) => {
  t.equal(read('content-length', '5'), null)
  t.equal(scan.length, 5)
  t.equal(scan.kept, 'content-length: 5\r\n')
  for (const wrong of ['', '+5', '-1', '05', '5,5', '0x5', '1e3', '99999999999999999999'])
    t.equal(read('content-length', wrong), 'content-length is not a plain decimal number', wrong)
  t.equal(read('content-length', '5', 'content-length', '5'), 'there is more than one content-length')
})

t.test('what is specific to a connection', async (t) => {
  for (const name of ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])
    t.equal(read(name, 'x'), `${name} means nothing in HTTP/2`)
  for (const te of ['gzip', 'trailers, gzip', 'Trailers', '']) t.match(read('te', te), /^te says/)
})

t.test('names and values', async (t) => {
  for (const name of ['', 'A', 'a b', 'a:', 'a\r', 'a\n', 'a\0', 'é', 'a(', ' a'])
    t.ok(read(name, 'x') !== null, JSON.stringify(name))
  for (const value of ['a\r\nb: c', 'a\nb', 'a\rb', 'a\0b', ' a', 'a ', '\ta', 'a\t', 'a\x7fb', '\x01'])
    t.match(read('x', value), /^a field value/, JSON.stringify(value))
  for (const value of ['', 'a b', 'a\tb', 'caf\xe9', '\x85\xff']) {
    t.equal(read('x', value), null)
    t.equal(scan.kept, `x: ${value}\r\n`)
  }
  t.equal(read('__proto__', '1', 'constructor', '2'), null)
  t.equal(scan.kept, '__proto__: 1\r\nconstructor: 2\r\n')
})

t.test('request ids', async (t) => {
  t.equal(read('x-request-id', 'abc', 'a', '1'), null)
  t.match(scan, { requestId: 'abc', kept: 'x-request-id: abc\r\na: 1\r\n' })
  t.equal(read('x-request-id', 'a b', 'a', '1'), null)
  t.match(scan, { requestId: '', kept: 'a: 1\r\n' })
})

t.test('canonical text to a list', async (t) => {
  const list = [':status', '200']
  appendFields(list, 'Content-Type: text/plain\r\nX: \r\nset-cookie: a: b\r\nConnection: close\r\nTE: x\r\n')
  t.same(list, [':status', '200', 'content-type', 'text/plain', 'x', '', 'set-cookie', 'a: b'])
  t.same(
    { ...fieldObject('a: 1\r\nb: 2\r\nA: 3\r\na: 4\r\n__proto__: 1\r\n') },
    Object.assign(Object.create(null), { a: ['1', '3', '4'], b: '2', ['__proto__']: '1' }),
  )
})
