// Corpus 2.5: chunked bodies and trailers. The silent half of CH-14 needs short deadlines: see `deadlines.ts`.

import { A, type CorpusCase, chunked, each, F, H, line, P, R, show, T, z } from '../case.ts'

const PWNED = `GET /pwned HTTP/1.1\r\n${H}\r\n`
const hello = (after: string): string => `5${after}\r\nhello\r\n${z}`
const posted = (body: string) => F({ method: 'POST', body })
const lateFin = { ...A(400), silent: true }

const SIZES = ['0x5', '+5', '-5', '-0x0', '5_0', '0_2e', ' 5', '5 ', '\t5', '5\x00', 'g', '', '1these-bytes']

const EXTENSIONS = [';', ';=x', ';a\x00', ';a="\r\n"', ';\xc3\xbc', ';a=b\r;c', ';a="unclosed']

const CHUNKS: readonly CorpusCase[] = [
  ...each(SIZES, (size, at) => ({
    id: `CH-01.${at + 1}`,
    name: `size ${show(size)}`,
    bytes: chunked(`${size}\r\nhello\r\n${z}`),
    expect: A(),
  })),
  { id: 'CH-02.1', name: '2^64 - 1', bytes: chunked(`FFFFFFFFFFFFFFFF\r\nhello\r\n${z}`), expect: A() },
  { id: 'CH-02.2', name: '17 digits', bytes: chunked(`10000000000000005\r\nhello\r\n${z}`), expect: A() },
  {
    id: 'CH-02.3',
    name: '2^31 announced, less sent, FIN',
    bytes: chunked(`80000000\r\nhello\r\n${z}`),
    steps: [{ wait: 'origin', fin: true }],
    expect: lateFin,
  },
  {
    id: 'CH-02.4',
    name: '2^32 + 5 is not 5',
    bytes: chunked(`100000005\r\nhello\r\n${z}`),
    steps: [{ wait: 'origin', fin: true }],
    expect: lateFin,
  },
  { id: 'CH-03a', name: 'leading zeros', bytes: chunked(`0000A\r\n0123456789\r\n${z}`), expect: posted('0123456789') },
  { id: 'CH-03b', name: '40 leading zeros', bytes: chunked(`${'0'.repeat(40)}5\r\nhello\r\n${z}`), expect: A() },
  { id: 'CH-04', name: 'LF behind the size', bytes: chunked(`5\nhello\r\n${z}`), expect: A() },
  { id: 'CH-05a', name: 'LF behind the data', bytes: chunked(`5\r\nhello\n${z}`), expect: A() },
  { id: 'CH-05b', name: 'CR behind the data', bytes: chunked(`5\r\nhello\r${z}`), expect: A() },
  { id: 'CH-06a', name: 'other bytes for the CRLF', bytes: chunked(`5\r\nhelloXX${z}`), expect: A() },
  { id: 'CH-06b', name: 'more data than announced', bytes: chunked(`5\r\nhelloXX\r\n${z}`), expect: A() },
  { id: 'CH-06c', name: 'no CRLF behind the data', bytes: chunked(`5\r\nhello${z}`), expect: A() },
  { id: 'CH-06d', name: 'CR and another byte behind the data', bytes: chunked(`5\r\nhello\rX${z}`), expect: A() },
  { id: 'CH-06e', name: 'another byte and LF behind the data', bytes: chunked(`5\r\nhelloX\n${z}`), expect: A() },
  { id: 'CH-06f', name: 'CR and another byte behind the size', bytes: chunked(`5\rXhello\r\n${z}`), expect: A() },
  { id: 'CH-06g', name: 'CR and another byte behind the last chunk', bytes: chunked('5\r\nhello\r\n0\rX\r\n'), expect: A() },
  { id: 'CH-06h', name: 'CR and another byte at the end', bytes: chunked('5\r\nhello\r\n0\r\n\rX'), expect: A() },
  { id: 'CH-07', name: 'CR CR as the end of a size', bytes: chunked(`2\r\r;a\r\n02\r\n41\r\n${z}${PWNED}`), expect: A() },
  { id: 'CH-08a', name: 'LF ends an extension', bytes: chunked(`2;\nxx\r\n47\r\n${z}${PWNED}`), expect: A() },
  { id: 'CH-08b', name: 'LF inside an extension', bytes: chunked(`2;a\nxx\r\n${z}${PWNED}`), expect: A() },
  { id: 'CH-08c', name: 'LF in a named extension', bytes: chunked(`2;a=\nb\r\nxx\r\n${z}${PWNED}`), expect: A() },
  { id: 'CH-08d', name: 'CR and a byte behind the size', bytes: chunked(`5\rXhello\r\n${z}`), expect: A() },
  ...each(EXTENSIONS, (extension, at) => ({
    id: `CH-09.${at + 1}`,
    name: `extension ${show(extension)}`,
    bytes: chunked(hello(extension)),
    expect: A(),
  })),
  {
    id: 'CH-10',
    name: 'extensions are removed',
    bytes: chunked(hello(';a=b;c="d"')),
    expect: F({ method: 'POST', body: 'hello' }),
  },
  { id: 'CH-10b', name: 'quoted pair in an extension', bytes: chunked(hello(';a="\\"b"')), expect: posted('hello') },
  {
    id: 'CH-11a',
    name: 'extension of 64 KB',
    bytes: chunked(hello(`;${'e'.repeat(65536)}`)),
    expect: { ...A(), silent: true },
  },
  {
    id: 'CH-11b',
    name: '1,000 chunks of a byte, each with 16 KB of extension',
    bytes: chunked(`${`1;${'e'.repeat(16383)}\r\na\r\n`.repeat(1000)}${z}`),
    expect: { ...A(), silent: true },
  },
  {
    id: 'CH-11c',
    name: 'extensions of 17 KB in all',
    bytes: chunked(`${`1;${'e'.repeat(1023)}\r\na\r\n`.repeat(17)}${z}`),
    expect: A(),
  },
  {
    id: 'CH-11d',
    name: 'extensions of 15 KB in all',
    bytes: chunked(`${`1;${'e'.repeat(1023)}\r\na\r\n`.repeat(15)}${z}`),
    expect: posted('a'.repeat(15)),
  },
  ...each(['0\n\r\n', '0\r\n\n', '0\r\r\n', '0\r\nXX'], (end, at) => ({
    id: `CH-12.${at + 1}`,
    name: `end ${show(end)}`,
    bytes: chunked(`5\r\nhello\r\n${end}`),
    steps: end.endsWith('XX') ? [{ wait: 'origin' as const, send: '\r\n\r\n' }] : [],
    expect: A(),
  })),
  {
    id: 'CH-12.5',
    name: 'a request line that is a trailer',
    bytes: chunked('5\r\nhello\r\n0\r\nX:POST / HTTP/1.1\r\n\r\n'),
    expect: posted('hello'),
  },
  { id: 'CH-13', name: 'an extra empty line', bytes: chunked(`17\r\n${'d'.repeat(23)}\r\n\r\n${z}`), expect: A() },
  {
    id: 'CH-14',
    name: 'no last chunk, then FIN',
    bytes: chunked('5\r\nhello\r\n'),
    steps: [{ wait: 'origin', fin: true }],
    expect: lateFin,
  },
  {
    id: 'CH-15',
    name: '100,000 chunks of a byte',
    bytes: chunked(`${'1\r\na\r\n'.repeat(100000)}${z}`),
    expect: posted('a'.repeat(100000)),
  },
  ...each(['\x00', 'INVALID\r\n\r\n'], (rest, at) => ({
    id: `CH-16.${at + 1}`,
    name: `${show(rest)} behind the end`,
    bytes: chunked(`5\r\nhello\r\n${z}${rest}`),
    expect: { ...R(400), answered: [{ method: 'POST', body: 'hello' }] },
  })),
  {
    id: 'CH-17',
    name: 'no sizes at all, then a clean request',
    bytes: chunked(`Z\r\nZZ\r\nZZZ\r\n\r\n${line('GET /clean HTTP/1.1')}`),
    expect: A(),
  },
  {
    id: 'CH-18',
    name: 'sizes in both cases',
    bytes: chunked(`a\r\n0123456789\r\nA\r\nabcdefghij\r\n${z}`),
    expect: posted('0123456789abcdefghij'),
  },
  {
    id: 'CH-19',
    name: 'a last chunk of many zeros',
    bytes: chunked('5\r\nhello\r\n000\r\n\r\n'),
    expect: [posted('hello'), A()],
  },
  {
    id: 'CH-20',
    name: 'two chunked requests in one segment',
    bytes: chunked(`5\r\nhello\r\n${z}`).repeat(2),
    expect: F({ method: 'POST', body: 'hello' }, { method: 'POST', body: 'hello' }),
  },
]

const TRAILERS = [
  'Content-Length: 77077',
  'Transfer-Encoding: spoof',
  'Host: spoof',
  'Authorization: spoof',
  'Content-Type: spoof',
  'X-Forwarded-For: spoof',
  'Connection: spoof',
  'Cookie: spoof',
  '__proto__: spoof',
]

const trailed = (trailers: string): string => `${P}${T}\r\n5\r\nhello\r\n0\r\n${trailers}\r\n\r\n`

const TRAILER_CASES: readonly CorpusCase[] = [
  ...each(TRAILERS, (text, at) => ({
    id: `TR-01.${at + 1}`,
    name: text,
    bytes: trailed(text),
    expect: F({ method: 'POST', body: 'hello', without: text.slice(text.indexOf(' ') + 1) }),
  })),
  {
    id: 'TR-02a',
    name: 'X-T without negotiation',
    bytes: trailed('X-T: spoof'),
    expect: F({ method: 'POST', body: 'hello', without: 'spoof' }),
  },
  {
    id: 'TR-02b',
    name: 'X-T with TE: trailers',
    bytes: `${P}TE: trailers\r\nTrailer: X-T\r\n${T}\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n`,
    expect: posted('hello'),
  },
  ...each(['X : 1', 'NoColon', 'X: a\r\n b', 'X: a\x00b', ': x', 'X: a\nb', 'X: a\r b'], (text, at) => ({
    id: `TR-03.${at + 1}`,
    name: show(text),
    bytes: trailed(text),
    expect: A(400, 431),
  })),
  {
    id: 'TR-03.8',
    name: '1 MB of trailers',
    bytes: trailed(`X: ${'t'.repeat(1048576)}`),
    expect: { ...A(400, 431), silent: true },
  },
  {
    id: 'TR-03.9',
    name: '10,000 trailers',
    bytes: trailed(Array.from({ length: 10000 }, (_, i) => `X-${i}: v`).join('\r\n')),
    expect: A(400, 431),
  },
]

export const CHUNKED: readonly CorpusCase[] = [...CHUNKS, ...TRAILER_CASES]
