// Corpus 2.4: Transfer-Encoding.

import { C5, type CorpusCase, chunked, each, F, G, H, P, R, show, T, z } from '../case.ts'

const EVIL = `GET /evil HTTP/1.1\r\n${H}\r\n`
const coding = (value: string): string => `${P}Transfer-Encoding: ${value}\r\n\r\n${z}`

/** A field line that hides the coding, beside a length. */
const beside = (text: string): string => `${P}${C5}${text}\r\n\r\n${z}`

export const TRANSFER_ENCODING: readonly CorpusCase[] = [
  { id: 'TE-01a', name: 'CL, then TE', bytes: `${P}${C5}${T}\r\n${z}${EVIL}`, expect: R(400) },
  { id: 'TE-01b', name: 'TE, then CL', bytes: `${P}${T}${C5}\r\n${z}${EVIL}`, expect: R(400) },
  { id: 'TE-01c', name: 'TE with CL 0', bytes: `${P}${T}Content-Length: 0\r\n\r\n${z}${EVIL}`, expect: R(400) },
  { id: 'TE-02', name: 'on HTTP/1.0', bytes: `POST / HTTP/1.0\r\n${H}${T}\r\n${z}`, expect: R(400) },
  ...each(
    ['xchunked', 'chunk', 'chunked1', '"chunked"', "'chunked'", 'ch\x96nked', 'identity', 'gzip', 'cow'],
    (value, at) => ({
      id: `TE-03.${at + 1}`,
      name: show(value),
      bytes: coding(value),
      expect: R(501, 400),
    }),
  ),
  ...each(['chunked, identity', 'chunked, gzip', 'identity, chunked, identity'], (value, at) => ({
    id: `TE-04.${at + 1}`,
    name: value,
    bytes: coding(value),
    expect: R(400),
  })),
  ...each(['gzip, chunked', 'identity, chunked'], (value, at) => ({
    id: `TE-05.${at + 1}`,
    name: value,
    bytes: coding(value),
    expect: R(501),
  })),
  { id: 'TE-06.1', name: 'chunked, chunked', bytes: coding('chunked, chunked'), expect: R(400) },
  { id: 'TE-06.2', name: 'two lines', bytes: `${P}${T}${T}\r\n${z}`, expect: R(400) },
  { id: 'TE-07a', name: 'cow, then chunked', bytes: coding('cow\r\nTransfer-Encoding: chunked'), expect: R(400, 501) },
  { id: 'TE-07b', name: 'chunked, then cow', bytes: coding('chunked\r\nTransfer-Encoding: cow'), expect: R(400, 501) },
  ...each([',chunked', 'chunked,', 'chunked;x=y', 'chunked ;'], (value, at) => ({
    id: `TE-08.${at + 1}`,
    name: value,
    bytes: coding(value),
    expect: R(400),
  })),
  { id: 'TE-09', name: 'empty', bytes: coding(''), expect: R(400) },
  ...each(
    ['\x0bchunked', '\x0cchunked', 'chunked\x00', '\xa0chunked\xa0', 'chunked\r', '\xffchunked', 'chunked\x1f'],
    (value, at) => ({ id: `TE-10.${at + 1}`, name: show(value), bytes: coding(value), expect: R(400) }),
  ),
  ...each(
    [
      'Transfer-Encoding:\r\n chunked',
      'Transfer-Encoding:\n chunked',
      'Transfer-\r\nEncoding: chunked',
      'Transfer-Encoding\n : chunked',
    ],
    (text, at) => ({ id: `TE-11.${at + 1}`, name: show(text), bytes: `${P}${text}\r\n\r\n${z}`, expect: R(400) }),
  ),
  ...each(
    ['Transfer Encoding', 'Transfer\\Encoding', 'Transfer-Encoding x', 'Transf\x82r-Encoding', 'Tra\rnsfer-Encoding'],
    (name, at) => ({ id: `TE-12.${at + 1}`, name: show(name), bytes: beside(`${name}: chunked`), expect: R(400) }),
  ),
  {
    id: 'TE-12.6',
    name: '% is a character of a name',
    bytes: beside('Transfer-%45ncoding: chunked'),
    expect: F({ method: 'POST', has: { 'content-length': '5', 'transfer-%45ncoding': 'chunked' }, body: z }),
  },
  ...each(
    ['X: a\rTransfer-Encoding: chunked', 'X: a\nTransfer-Encoding: chunked', 'Foo: bar\r\n\rTransfer-Encoding: chunked'],
    (text, at) => ({ id: `TE-13.${at + 1}`, name: show(text), bytes: beside(text), expect: R(400) }),
  ),
  ...each(['CHUNKED', 'Chunked'], (value, at) => ({
    id: `TE-14.${at + 1}`,
    name: value,
    bytes: `${P}Transfer-Encoding: ${value}\r\n\r\n5\r\nhello\r\n${z}`,
    expect: F({ method: 'POST', has: { 'transfer-encoding': 'chunked' }, body: 'hello' }),
  })),
  {
    id: 'TE-15a',
    name: 'Connection nominates Transfer-Encoding',
    bytes: `${P}Connection: Transfer-Encoding\r\n${T}\r\n5\r\nhello\r\n${z}`,
    expect: [F({ method: 'POST', body: 'hello' }), R(400)],
  },
  {
    id: 'TE-15b',
    name: 'Connection nominates Content-Length',
    bytes: `${P}Connection: Content-Length\r\n${C5}\r\nhello`,
    expect: [F({ method: 'POST', body: 'hello' }), R(400)],
  },
  {
    id: 'TE-16',
    name: 'Content-Encoding: chunked',
    bytes: `${P}Content-Encoding: chunked\r\n${C5}\r\nhello`,
    expect: F({ method: 'POST', has: { 'content-encoding': 'chunked' }, body: 'hello' }),
  },
  {
    id: 'TE-18',
    name: 'GET with a chunked body, then another',
    bytes: `${G}${T}\r\n5\r\nhello\r\n${z}GET /2 HTTP/1.1\r\n${H}\r\n`,
    expect: F({ body: 'hello' }, { target: '/2' }),
  },
  { id: 'TE-19', name: 'the plain case', bytes: chunked(`5\r\nhello\r\n${z}`), expect: F({ method: 'POST', body: 'hello' }) },
]

/** Where TE-17 puts its byte. */
export const PLACES = ['before the name', 'behind the name', 'before the value', 'behind the value'] as const

/** TE-17: one byte beside the name or the value of a Transfer-Encoding, with a length before or behind it. */
export function mutations(place: (typeof PLACES)[number]): CorpusCase[] {
  const cases: CorpusCase[] = []
  for (let code = 1; code < 256; code++) {
    if (code >= 0x20 && code < 0x7f) continue
    const byte = String.fromCharCode(code)
    const at = PLACES.indexOf(place)
    const marks = ['', '', '', '']
    marks[at] = byte
    const text = `${marks[0]}Transfer-Encoding${marks[1]}: ${marks[2]}chunked${marks[3]}\r\n`
    const hex = code.toString(16).padStart(2, '0')
    const smuggled = `1\r\nZ\r\n0\r\n\r\n${EVIL}`
    cases.push({ id: `TE-17.${at + 1}.${hex}.a`, name: 'CL.TE', bytes: `${P}${C5}${text}\r\n${smuggled}`, expect: R(400) })
    cases.push({ id: `TE-17.${at + 1}.${hex}.b`, name: 'TE.CL', bytes: `${P}${text}${C5}\r\n${smuggled}`, expect: R(400) })
  }
  return cases
}
