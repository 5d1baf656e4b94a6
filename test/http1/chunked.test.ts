// The chunked coding: data, extensions, trailers, errors; whole and at every cut.

import t, { type Test } from 'tap'
import { ChunkedDecoder } from '../../src/http1/chunked.ts'
import { nameOf } from '../support/parsing.ts'

interface Decoded {
  readonly data: string
  readonly trailers: string
  readonly done: boolean
  /** Bytes behind the end. */
  readonly rest: number
  readonly error: string
}

/** Decodes `text` in pieces that end at `cuts`. */
function decode(text: string, cuts: readonly number[] = []): Decoded {
  const decoder = new ChunkedDecoder()
  let data = ''
  let from = 0
  for (const cut of [...cuts, text.length]) {
    const bytes = Buffer.from(text.slice(from, cut), 'latin1')
    const found = decoder.decode(bytes, 0, bytes.length)
    if (found < 0) return { data, trailers: '', done: false, rest: 0, error: String(nameOf(found)) }
    data += bytes.toString('latin1', 0, found)
    if (decoder.done)
      return { data, trailers: decoder.trailers, done: true, rest: text.length - from - decoder.consumed, error: '' }
    from = cut
  }
  return { data, trailers: '', done: false, rest: 0, error: '' }
}

function same(t: Test, text: string, expected: Partial<Decoded>): void {
  const whole = decode(text)
  t.match(whole, expected, JSON.stringify(text.slice(0, 80)))
  const bytewise = decode(
    text,
    Array.from({ length: text.length - 1 }, (_, i) => i + 1),
  )
  t.strictSame({ ...bytewise, data: '' }, { ...whole, data: '' }, 'byte by byte')
  if (whole.error === '') t.equal(bytewise.data, whole.data)
  for (let cut = 1; cut < Math.min(text.length, 100); cut++) {
    const { error, done, rest } = decode(text, [cut])
    if (error !== whole.error || done !== whole.done || rest !== whole.rest) t.fail(`cut at ${cut}: ${error}`)
  }
}

t.test('what is decoded', async (t) => {
  same(t, '0\r\n\r\n', { data: '', trailers: '', done: true, rest: 0 })
  same(t, '5\r\nhello\r\n0\r\n\r\nNEXT', { data: 'hello', done: true, rest: 4 })
  same(t, '1\r\na\r\n2\r\nbc\r\n0000A\r\n0123456789\r\n000\r\n\r\n', { data: 'abc0123456789', done: true })
  same(t, 'a;x\r\n0123456789\r\n0;y=z;w="q\\"\t "\r\n\r\n', { data: '0123456789', done: true })
  same(t, '3\r\n\r\n\r\r\n0\r\n\r\n', { data: '\r\n\r', done: true })
  same(t, '0\r\nX: 1\r\nY:\t2\r\n\r\nGET', { trailers: 'X: 1\r\nY:\t2\r\n', done: true, rest: 3 })
  same(t, '5\r\nhel', { data: 'hel', done: false, error: '' })
})

t.test('what is wrong', async (t) => {
  const SIZE = 'CHUNK_SIZE'
  for (const size of ['', ' 5', '+5', '-5', '0x5', '5_0', 'g', '5 ', '5\t', '11112222333344445', '5\n', '\r'])
    same(t, `${size}\r\n`, { error: SIZE })
  for (const extension of [';', ';=x', ';a\x00', ';a="x', ';a="\x01"', ';a b', ';a=', ';a="x"y', ';\xfc', '; a'])
    same(t, `5${extension}\r\n`, { error: 'CHUNK_EXTENSION' })
  for (const end of ['XX', '\n', '\rX', '0']) same(t, `5\r\nhello${end}`, { error: 'CHUNK_END' })
  for (const trailer of ['X : 1', 'X', ': 1', ' X: 1', 'X: \x00', 'X: a\nb', 'X: a\rb'])
    same(t, `0\r\n${trailer}\r\n\r\n`, { error: 'TRAILER' })
  same(t, '0\r\n\n', { error: 'TRAILER' })
})

t.test('limits of extensions and trailers', async (t) => {
  const KIB16 = 16 * 1024
  const extension = (bytes: number) => `1;${'e'.repeat(bytes - 1)}\r\nx\r\n0\r\n\r\n`
  t.equal(decode(extension(KIB16)).error, '')
  t.equal(decode(extension(KIB16 + 1)).error, 'CHUNK_EXTENSION')
  const each = `1;${'e'.repeat(1023)}\r\nx\r\n`
  t.equal(decode(`${each.repeat(16)}0\r\n\r\n`).error, '')
  t.equal(decode(`${each.repeat(17)}0\r\n\r\n`).error, 'CHUNK_EXTENSION', 'all of a message together')
  t.equal(decode(`0\r\n${'x: 1\r\n'.repeat(64)}\r\n`).error, '')
  t.equal(decode(`0\r\n${'x: 1\r\n'.repeat(65)}\r\n`).error, 'TRAILER_LIMIT')
  t.equal(decode(`0\r\nx: ${'v'.repeat(KIB16 - 10)}\r\n\r\n`).error, '')
  t.equal(decode(`0\r\nx: ${'v'.repeat(KIB16 + 10)}\r\n\r\n`).error, 'TRAILER_LIMIT')
})

t.test('a chunk of any size that can be', async (t) => {
  const decoder = new ChunkedDecoder()
  const head = Buffer.from('fffffffff\r\n')
  t.equal(decoder.decode(head, 0, head.length), 0)
  const data = Buffer.alloc(1000, 'x')
  for (let i = 0; i < 10; i++) t.equal(decoder.decode(data, 0, data.length), 1000)
  t.equal(decode('ffffffffffffffff\r\n').error, 'CHUNK_SIZE')
})

t.test('decodes in place behind a start', async (t) => {
  const decoder = new ChunkedDecoder()
  const bytes = Buffer.from('HEAD2\r\nab\r\n3\r\ncde\r\n0\r\n\r\nREST')
  t.equal(decoder.decode(bytes, 4, bytes.length), 5)
  t.equal(bytes.toString('latin1', 4, 9), 'abcde')
  t.equal(decoder.consumed, bytes.length - 8)
})
