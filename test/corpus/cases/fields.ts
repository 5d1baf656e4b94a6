// Corpus 2.2, first part: field lines.

import { C5, type CorpusCase, each, F, G, get, H, P, R, show, T, z } from '../case.ts'

const CONTROLS = [...Array(32).keys(), 0x7f].filter((code) => ![0, 9, 10, 13].includes(code))

const alias = (text: string, name: string, at: number): CorpusCase => ({
  id: `HD-12.${at}`,
  name: `alias ${text}`,
  bytes: `${get(text)}GET /2 HTTP/1.1\r\n${H}\r\n`,
  expect: [F({ hasNot: [name] }, { target: '/2' }), R(400)],
})

export const FIELDS: readonly CorpusCase[] = [
  ...each(['X : 1', 'X\t: 1', 'Content-Length : 5'], (text, at) => ({
    id: `HD-01.${at + 1}`,
    name: `white space before the colon: ${show(text)}`,
    bytes: `${get(text)}hello`,
    expect: R(400),
  })),
  { id: 'HD-02a', name: 'first field line begins with a space', bytes: 'GET / HTTP/1.1\r\n Host: a\r\n\r\n', expect: R(400) },
  { id: 'HD-02b', name: 'field line begins with a tab', bytes: `${G}\tContent-Length: 1\r\n\r\nX`, expect: R(400) },
  {
    id: 'HD-02c',
    name: 'first field line begins with a tab',
    bytes: `GET / HTTP/1.1\r\n\tContent-Length: 1\r\n${H}\r\nX`,
    expect: R(400),
  },
  { id: 'HD-03a', name: 'folded line', bytes: get('X: a\r\n b'), expect: R(400) },
  { id: 'HD-03b', name: 'folded line of a tab', bytes: get('X: a\r\n\t'), expect: R(400) },
  ...each([': x', ':'], (text, at) => ({
    id: `HD-04.${at + 1}`,
    name: `empty name ${show(text)}`,
    bytes: get(`${text}\r\nI: cut`),
    expect: R(400),
  })),
  ...each(['NoColon', 'Content-Length 10', 'Te\nst: x'], (text, at) => ({
    id: `HD-05.${at + 1}`,
    name: `no colon: ${show(text)}`,
    bytes: get(text),
    expect: R(400),
  })),
  ...each(['X[]', 'X/Y', 'X"Y', '(X)', 'X@', 'X Y', 'X\x00Y', 'X{}'], (name, at) => ({
    id: `HD-06.${at + 1}`,
    name: `field name ${show(name)}`,
    bytes: get(`${name}: 1`),
    expect: R(400),
  })),
  ...each(['\xefoo', 'Content-Length\x85', 'T\xc3\xabst'], (name, at) => ({
    id: `HD-07.${at + 1}`,
    name: `high byte in field name ${show(name)}`,
    bytes: get(`${name}: 1`),
    expect: R(400),
  })),
  ...each(['a\x00b', 'a\rb', 'a\nb: c', 'a\r\rb'], (value, at) => ({
    id: `HD-08.${at + 1}`,
    name: `value ${show(value)}`,
    bytes: get(`X: ${value}`),
    expect: R(400),
  })),
  ...each(CONTROLS, (code) => ({
    id: `HD-09.${code.toString(16).padStart(2, '0')}`,
    name: `control byte in a value`,
    bytes: get(`X: a${String.fromCharCode(code)}b`),
    expect: R(400),
  })),
  { id: 'HD-10a', name: 'obs-text in a value', bytes: get('X: caf\xe9'), expect: F({ has: { x: 'caf\xe9' } }) },
  {
    id: 'HD-10b',
    name: 'only SP and HTAB are trimmed',
    bytes: get('User: \x85admin\xa0'),
    expect: F({ has: { user: '\x85admin\xa0' } }),
  },
  {
    id: 'HD-11',
    name: 'CR and a byte instead of the empty line',
    bytes: `GET / HTTP/1.1\r\nHost: a\r\n\rZGET /evil HTTP/1.1\r\nHost: a\r\n\r\n`,
    expect: R(400),
  },
  alias('Content_Length: 5', 'content_length', 1),
  alias('Transfer_Encoding: chunked', 'transfer_encoding', 2),
  alias('X_Forwarded_For: 1', 'x_forwarded_for', 3),
  alias('X.Forwarded.For: 1', 'x.forwarded.for', 4),
  alias('Authorization_: x', 'authorization_', 5),
  ...each(['__proto__', 'constructor', 'toString'], (name, at) => ({
    id: `HD-13.${at + 1}`,
    name,
    bytes: get(`${name}: x`),
    expect: F({ has: { [name.toLowerCase()]: 'x' } }),
  })),
  ...each(['__proto__', 'constructor', 'toString'], (name, at) => ({
    id: `HD-13.${at + 4}`,
    name: `${name} as a trailer`,
    bytes: `${P}${T}\r\n5\r\nhello\r\n0\r\n${name}: x\r\n\r\n`,
    expect: F({ method: 'POST', body: 'hello' }),
  })),
  {
    id: 'HD-14',
    name: '10,000 fields',
    bytes: `${G}${Array.from({ length: 10000 }, (_, i) => `X-${i}: v\r\n`).join('')}\r\n`,
    expect: R(431),
  },
  {
    id: 'HD-15',
    name: '2,500 empty fields, then one that counts',
    bytes: `${G}${'x:\r\n'.repeat(2500)}Authorization: z\r\n\r\n`,
    expect: [R(431), F({ has: { authorization: 'z' } })],
  },
  { id: 'HD-16a', name: 'name of 100 KB', bytes: get(`${'n'.repeat(102400)}: v`), expect: R(431) },
  { id: 'HD-16b', name: 'value of 100 KB', bytes: get(`X: ${'v'.repeat(102400)}`), expect: R(431) },
  { id: 'HD-16c', name: 'cookie of 64 KB', bytes: get(`Cookie: ${'c'.repeat(65536)}`), expect: R(431) },
  { id: 'HD-16d', name: '1,000 cookie lines', bytes: `${G}${'Cookie: a=b\r\n'.repeat(1000)}\r\n`, expect: R(431) },
  {
    id: 'HD-16e',
    name: '1,000 cookie pairs in a line',
    bytes: get(`Cookie: ${'a=b; '.repeat(999)}a=b`),
    expect: [F({ has: { cookie: `${'a=b; '.repeat(999)}a=b` } }), R(431)],
  },
  {
    id: 'HD-17',
    name: '1,000 ranges',
    bytes: get(`Range: bytes=${'0-,'.repeat(1000)}`),
    expect: [F({ has: { range: `bytes=${'0-,'.repeat(1000)}` } }), R(416)],
  },
  { id: 'HD-18a', name: 'TE is ours', bytes: get('TE: trailers, deflate;q=0.5'), expect: F({ without: 'deflate' }) },
  { id: 'HD-18b', name: '8 KB of commas', bytes: get(`Accept-Encoding: ${','.repeat(8192)}`), expect: F({}) },
  // White space around values is trimmed, whatever its amount; the order and the case of names are kept by every reader.
  { id: 'HD-19', name: 'outer white space is trimmed', bytes: get('X:\t \tv \t'), expect: F({ has: { x: 'v' } }) },
  { id: 'HD-20', name: 'an empty value is a field', bytes: get('X:'), expect: F({ has: { x: '' } }) },
  {
    id: 'HD-21',
    name: 'body of a field-like text',
    bytes: `${P}${C5}\r\nX:1\r\n`,
    expect: F({ method: 'POST', body: 'X:1\r\n' }),
  },
  {
    id: 'HD-22',
    name: 'fields with one name stay apart',
    bytes: get('X: 1\r\nY: 2\r\nX: 3'),
    expect: F({ has: { x: '1 | 3', y: '2' } }),
  },
  { id: 'HD-23', name: 'empty chunked body', bytes: `${P}${T}\r\n${z}`, expect: F({ method: 'POST' }) },
]
