// Corpus 2.3: Content-Length. The silent halves of CL-08 and CL-13 need short deadlines: see `deadlines.ts`.

import { A, C5, type CorpusCase, each, F, G, get, H, line, P, R, show } from '../case.ts'

const BAD = ['+5', '-5', '-0', '0x5', '0o5', '5_0', '1 0', '5Z', '5;', '"5"', '5.0', '1e1', '5\x00', '']

const SECOND = `GET /2 HTTP/1.1\r\n${H}\r\n`

export const CONTENT_LENGTH: readonly CorpusCase[] = [
  ...each(BAD, (value, at) => ({
    id: `CL-01.${at + 1}`,
    name: `value ${show(value)}`,
    bytes: `${P}Content-Length: ${value}\r\n\r\nhello`,
    expect: R(400),
  })),
  { id: 'CL-02a', name: '5 and 10', bytes: `${P}${C5}Content-Length: 10\r\n\r\nhelloworld`, expect: R(400) },
  { id: 'CL-02b', name: '10 and 5', bytes: `${P}Content-Length: 10\r\n${C5}\r\nhelloworld`, expect: R(400) },
  { id: 'CL-03.1', name: 'two equal lines', bytes: `${P}${C5}${C5}\r\nhello`, expect: R(400) },
  ...each(['5, 5', '5,5,5', '5, 6'], (value, at) => ({
    id: `CL-03.${at + 2}`,
    name: `list ${value}`,
    bytes: `${P}Content-Length: ${value}\r\n\r\nhello`,
    expect: R(400),
  })),
  {
    id: 'CL-04',
    name: 'empty, then 43',
    bytes: `${P}Content-Length: \r\nContent-Length: 43\r\n\r\nPOST /evil HTTP/1.1\r\n${H}Content-Length: 0\r\n\r\n`,
    expect: R(400),
  },
  ...each(['18446744073709551616', '9007199254740993', '4294967297', '1'.repeat(40)], (value, at) => ({
    id: `CL-05.${at + 1}`,
    name: value,
    bytes: `${P}Content-Length: ${value}\r\n\r\nhello`,
    expect: R(400, 413),
  })),
  ...each(['010', '00', '0200', '000000005'], (value, at) => ({
    id: `CL-06.${at + 1}`,
    name: `leading zero ${value}`,
    bytes: `${P}Content-Length: ${value}\r\n\r\nhello`,
    expect: R(400),
  })),
  ...each(['Content-Length:\t5', 'Content-Length: 5 ', 'Content-Length:  5'], (text, at) => ({
    id: `CL-07.${at + 1}`,
    name: show(text),
    bytes: `${P}${text}\r\n\r\nhello`,
    expect: F({ method: 'POST', has: { 'content-length': '5' }, body: 'hello' }),
  })),
  {
    id: 'CL-08',
    name: 'half a body, then FIN',
    bytes: `${P}Content-Length: 10\r\n\r\nhello`,
    steps: [{ wait: 'origin', fin: true }],
    expect: { ...A(400), silent: true },
  },
  {
    id: 'CL-09',
    name: 'POST and GET in one segment',
    bytes: `${P}${C5}\r\nhello${SECOND}`,
    expect: F({ method: 'POST', body: 'hello' }, { target: '/2' }),
  },
  ...each(['GET', 'OPTIONS', 'HEAD', 'DELETE'], (method, at) => ({
    id: `CL-10.${at + 1}`,
    name: `${method} with a body, then GET`,
    bytes: `${method} / HTTP/1.1\r\n${H}${C5}\r\nhello${SECOND}`,
    methods: [method],
    expect: F({ method, body: 'hello' }, { target: '/2' }),
  })),
  {
    id: 'CL-11',
    name: 'POST answered by the gateway, its body looks like a request',
    bytes: `POST /x HTTP/1.1\r\nHost: nobody\r\nContent-Length: 24\r\n\r\nGET /evil HTTP/1.1\r\nX: y${line('GET /clean HTTP/1.1')}`,
    expect: [F({ origin: null, status: 404 }, { target: '/clean' }), { ...F({ origin: null, status: 404 }), closes: true }],
  },
  {
    id: 'CL-12a',
    name: 'folded Expect with CL',
    bytes: `${P}Expect: y\r\n 100-continue\r\n${C5}\r\nhello`,
    expect: R(400),
  },
  {
    id: 'CL-12b',
    name: 'origin answers before the body has come',
    bytes: `${P}Content-Length: 60\r\n\r\nGET /evil`,
    origin: { on: 'head', send: ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'] },
    // The origin's connection waits for 51 more bytes: it is never used again, or it gets exactly those.
    expect: { kind: 'early', status: [200] },
  },
  { id: 'CL-13', name: '1 GB announced', bytes: `${P}Content-Length: 999999999\r\n\r\n`, expect: R(413) },
  {
    id: 'CL-14',
    name: 'zero',
    bytes: `${P}Content-Length: 0\r\n\r\n${SECOND}`,
    expect: F({ method: 'POST' }, { target: '/2' }),
  },
  { id: 'CL-15', name: 'exactly the limit plus one', bytes: `${P}Content-Length: 1048577\r\n\r\n`, expect: R(413) },
  {
    id: 'CL-16',
    name: 'exactly the limit',
    bytes: `${P}Content-Length: 1048576\r\n\r\n${'b'.repeat(1048576)}`,
    expect: F({ method: 'POST', body: 'b'.repeat(1048576) }),
  },
  {
    id: 'CL-17',
    name: 'a field that ends alike',
    bytes: `${get('X-Content-Length: 5')}${SECOND}`,
    expect: F({}, { target: '/2' }),
  },
  {
    id: 'CL-18',
    name: 'on a GET, empty body',
    bytes: `${G}Content-Length: 0\r\n\r\n${SECOND}`,
    expect: F({}, { target: '/2' }),
  },
]
