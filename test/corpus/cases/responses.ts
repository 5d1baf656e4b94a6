// Corpus 2.7: answers of a hostile origin.

import { G, H, line, show } from '../case.ts'
import type { Script } from '../origin.ts'

/** What must come of an answer. */
export type ResponseExpect =
  /** Not passed on: one of these statuses, made by the gateway; the origin's connection is destroyed. */
  | { readonly kind: 'refused'; readonly status: readonly number[] }
  /** The client must notice: refused, or a head with an end that is no orderly one. */
  | { readonly kind: 'cut'; readonly status: readonly number[] }
  /** Passed on. */
  | {
      readonly kind: 'passed'
      readonly status: number
      readonly body?: string
      readonly reason?: string
      readonly has?: Readonly<Record<string, string | null>>
      readonly interim?: readonly number[]
      /** Whether the origin's connection may be used again; not looked at when absent. */
      readonly pooled?: boolean
      /** The end of the body is the end of the client's connection. */
      readonly closes?: boolean
    }

export interface ResponseCase {
  readonly id: string
  readonly name: string
  /** `GET /` when absent. */
  readonly request?: string
  readonly method?: string
  readonly origin: Script
  readonly expect: ResponseExpect | readonly ResponseExpect[]
}

const bad = (...status: number[]): ResponseExpect => ({ kind: 'refused', status: status.length === 0 ? [502] : status })
const cut: ResponseExpect = { kind: 'cut', status: [502] }
const ok = (body: string, pooled?: boolean): ResponseExpect => ({
  kind: 'passed',
  status: 200,
  body,
  ...(pooled === undefined ? {} : { pooled }),
})

const send = (...steps: (string | number)[]): Script => ({ send: steps })
const OK = 'HTTP/1.1 200 OK\r\n'
const CL5 = 'Content-Length: 5\r\n'
const CHUNKED = 'Transfer-Encoding: chunked\r\n'
const whole = (lines: string): string => `${OK}${lines}${lines === '' ? '' : '\r\n'}${CL5}\r\nhello`

const one = (id: string, name: string, origin: Script, ...expect: ResponseExpect[]): ResponseCase => ({
  id,
  name,
  origin,
  expect,
})

const FRAMING: readonly ResponseCase[] = [
  one('RS-01.1', 'two lengths', send(`${OK}${CL5}Content-Length: 6\r\n\r\nhello`), bad()),
  one('RS-01.2', 'two equal lengths', send(`${OK}${CL5}${CL5}\r\nhello`), bad()),
  one('RS-01.3', 'a list of lengths', send(`${OK}Content-Length: 5, 6\r\n\r\nhello`), bad()),
  one('RS-01.4', 'a length and chunked', send(`${OK}${CL5}${CHUNKED}\r\n0\r\n\r\n`), bad()),
  one('RS-01.5', 'chunked and a length', send(`${OK}${CHUNKED}${CL5}\r\n0\r\n\r\n`), bad()),
  one('RS-01.6', 'unknown coding', send(`${OK}Transfer-Encoding: cow\r\n\r\n0\r\n\r\n`), bad()),
  one('RS-01.7', 'chunked, identity', send(`${OK}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`), bad()),
  one('RS-01.8', 'bad chunk size at once', send(`${OK}${CHUNKED}\r\nZ\r\nhello\r\n0\r\n\r\n`), cut),
  one('RS-01.9', 'bad chunk size later', send(`${OK}${CHUNKED}\r\n5\r\nhello\r\n`, 30, 'Z\r\nhello\r\n0\r\n\r\n'), cut),
  one('RS-01.10', 'LF behind chunk data', send(`${OK}${CHUNKED}\r\n5\r\nhello\n0\r\n\r\n`), cut),
  one('RS-01.11', 'negative length', send(`${OK}Content-Length: -5\r\n\r\nhello`), bad()),
  one('RS-01.12', 'empty length', send(`${OK}Content-Length: \r\n\r\nhello`), bad()),
  one('RS-01.13', 'length with a sign', send(`${OK}Content-Length: +5\r\n\r\nhello`), bad()),
  one('RS-01.14', 'name of the length with a space', send(`${OK}Content-Length : 5\r\n\r\nhello`), bad()),
  one('RS-02a', 'a second answer in the same segment', send(`${whole('')}${whole('X: evil')}`), ok('hello', false)),
  one('RS-02b', 'a second answer while idle', send(whole(''), 30, whole('X: evil')), ok('hello')),
  one('RS-02c', 'a byte too many', send(`${whole('')}!`), ok('hello', false)),
  one(
    'RS-03',
    'an answer before the request',
    { on: 'connect', send: [whole('X: early')] },
    { kind: 'passed', status: 200, pooled: false },
    bad(502, 503),
  ),
]

const HEADS: readonly ResponseCase[] = [
  ...[
    ['CR', 'X: a\rb'],
    ['LF', 'X: a\nb'],
    ['NUL', 'X: a\x00b'],
    ['a name with a space', 'X Y: a'],
    ['a space before the colon', 'X : a'],
    ['no colon', 'NoColon'],
    ['an empty name', ': a'],
    ['a control byte', 'X: a\x01b'],
    ['a high byte in a name', 'X\xe9: a'],
  ].map(([name = '', lines = ''], at) => one(`RS-04.${at + 1}`, name, send(whole(lines)), bad())),
  one('RS-04.10', 'a folded line', send(whole('X: a\r\n b')), bad(), {
    kind: 'passed',
    status: 200,
    body: 'hello',
    has: { x: 'a b' },
  }),
  one('RS-04.11', 'LF as line end', send(`HTTP/1.1 200 OK\nContent-Length: 5\n\nhello`), bad()),
  one('RS-05.1', 'FIN after half of the length', { send: [`${OK}Content-Length: 10\r\n\r\nhello`], fin: true }, cut),
  one('RS-05.2', 'FIN in a chunk', { send: [`${OK}${CHUNKED}\r\na\r\nhello`], fin: true }, cut),
  one('RS-05.3', 'FIN between chunks', { send: [`${OK}${CHUNKED}\r\n5\r\nhello\r\n`], fin: true }, cut),
  one('RS-05.4', 'FIN before the last empty line', { send: [`${OK}${CHUNKED}\r\n5\r\nhello\r\n0\r\n`], fin: true }, cut),
  one('RS-05.5', 'FIN in the head', { send: [`${OK}Content-Le`], fin: true }, bad()),
  one('RS-05.6', 'FIN without a byte', { send: [], fin: true }, bad(502, 503)),
  one('RS-05.7', 'later FIN', { send: [`${OK}Content-Length: 10\r\n\r\nhello`, 50], fin: true }, cut),
  one('RS-06.1', 'a body behind 204', send('HTTP/1.1 204 No Content\r\n\r\nhello'), {
    kind: 'passed',
    status: 204,
    body: '',
    pooled: false,
  }),
  one(
    'RS-06.2',
    'a length and a body behind 204',
    send(`HTTP/1.1 204 No Content\r\n${CL5}\r\nhello`),
    { kind: 'passed', status: 204, body: '', has: { 'content-length': null }, pooled: false },
    bad(),
  ),
  one('RS-06.3', 'a body behind 304', send(`HTTP/1.1 304 Not Modified\r\n${CL5}\r\nhello`), {
    kind: 'passed',
    status: 304,
    body: '',
    pooled: false,
  }),
  {
    ...one('RS-06.4', 'a body behind the answer to HEAD', send(whole('')), {
      kind: 'passed',
      status: 200,
      body: '',
      has: { 'content-length': '5' },
      pooled: false,
    }),
    request: `HEAD / HTTP/1.1\r\n${H}\r\n`,
    method: 'HEAD',
  },
  one(
    'RS-06.5',
    'chunks behind 204',
    send(`HTTP/1.1 204 No Content\r\n${CHUNKED}\r\n5\r\nhello\r\n0\r\n\r\n`),
    { kind: 'passed', status: 204, body: '', has: { 'transfer-encoding': null }, pooled: false },
    bad(),
  ),
  one('RS-06.6', 'a length behind 304 without a body', send(`HTTP/1.1 304 Not Modified\r\n${CL5}\r\n`), {
    kind: 'passed',
    status: 304,
    body: '',
    pooled: true,
  }),
  one('RS-07.1', '1 MB of a field', send(whole(`X: ${'x'.repeat(1048576)}`)), bad(502, 504)),
  one(
    'RS-07.2',
    '10,000 fields',
    send(whole(Array.from({ length: 10000 }, (_, i) => `X-${i}: v`).join('\r\n'))),
    bad(502, 504),
  ),
  one('RS-07.3', 'a head that drips', send(OK, ...Array.from({ length: 60 }, () => [50, 'X']).flat()), bad(502, 504)),
]

const STATUS: readonly ResponseCase[] = [
  ...[
    'HTTP/1.1 99 X',
    'HTTP/1.1 1000 X',
    'HTTP/1.1 2OO OK',
    'HTTP/3.0 200 OK',
    'ICY 200 OK',
    '',
    'HTTP/1.1',
    'HTTP/1.1  200 OK',
    'HTTP/1.1 20 OK',
    'http/1.1 200 OK',
    'HTTP/1.1\t200 OK',
    'HTTP/1.1 000 X',
    'HTTP/2 200 OK',
  ].map((status, at) => one(`RS-08.${at + 1}`, show(status), send(`${status}\r\n${CL5}\r\nhello`), bad())),
  one(
    'RS-08.14',
    'HTTP/1.0 without a length',
    { send: ['HTTP/1.0 200 OK\r\n\r\nhello'], fin: true },
    { kind: 'passed', status: 200, body: 'hello', pooled: false },
  ),
  one('RS-08.16', 'CR and another byte behind the phrase', send(`HTTP/1.1 200 OK\rX${CL5}\r\nhello`), bad()),
  one('RS-08.15', 'no reason phrase', send(`HTTP/1.1 200 \r\n${CL5}\r\nhello`), ok('hello')),
  one('RS-09.1', 'a reason with a control byte', send(`HTTP/1.1 200 a\x01b\r\n${CL5}\r\nhello`), {
    kind: 'passed',
    status: 200,
    body: 'hello',
    reason: 'OK',
  }),
  one(
    'RS-09.2',
    'a reason of 64 KB',
    send(`HTTP/1.1 200 ${'r'.repeat(65536)}\r\n${CL5}\r\nhello`),
    { kind: 'passed', status: 200, body: 'hello', reason: 'OK' },
    bad(),
  ),
  one(
    'RS-09.3',
    'a reason with CR',
    send(`HTTP/1.1 200 a\rb\r\n${CL5}\r\nhello`),
    { kind: 'passed', status: 200, body: 'hello', reason: 'OK' },
    bad(),
  ),
  one('RS-10.1', '103 is relayed', send(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${whole('')}`), {
    kind: 'passed',
    status: 200,
    body: 'hello',
    interim: [103],
  }),
  one('RS-10.2', '103 x16', send(`${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(16)}${whole('')}`), {
    kind: 'passed',
    status: 200,
    body: 'hello',
  }),
  one('RS-10.3', '103 x1000', send(`${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1000)}${whole('')}`), bad()),
  one('RS-10.4', '100 unasked', send(`HTTP/1.1 100 Continue\r\n\r\n${whole('')}`), ok('hello')),
  one('RS-10.5', '102', send(`HTTP/1.1 102 Processing\r\n\r\n${whole('')}`), ok('hello')),
  one(
    'RS-10.6',
    '101 unasked',
    send('HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\nConnection: upgrade\r\n\r\nfoo'),
    bad(),
  ),
  {
    ...one('RS-10.7', '103 to HTTP/1.0', send(`HTTP/1.1 103 Early Hints\r\n\r\n${whole('')}`), {
      kind: 'passed',
      status: 200,
      body: 'hello',
      interim: [],
      closes: true,
    }),
    request: line('GET / HTTP/1.0'),
  },
  one(
    'RS-10.8',
    '103 with a length',
    send(`HTTP/1.1 103 Early Hints\r\n${CL5}\r\n${whole('')}`),
    { kind: 'passed', status: 200, body: 'hello' },
    bad(),
  ),
]

const FIELDS: readonly ResponseCase[] = [
  one(
    'RS-12.1',
    'Connection nominates fields',
    send(whole('Connection: Set-Cookie, X-Secret\r\nSet-Cookie: a=b\r\nX-Secret: s')),
    {
      kind: 'passed',
      status: 200,
      body: 'hello',
      has: { 'x-secret': null, 'set-cookie': null, 'content-length': '5' },
    },
  ),
  one(
    'RS-12.2',
    'Connection nominates the framing',
    send(`${OK}Connection: Content-Length\r\n${CL5}\r\nhello`),
    ok('hello'),
    bad(),
  ),
  one(
    'RS-12.3',
    'hop-by-hop fields',
    send(whole('Keep-Alive: timeout=7\r\nProxy-Authenticate: x\r\nProxy-Connection: x\r\nUpgrade: foo\r\nX-Kept: 1')),
    {
      kind: 'passed',
      status: 200,
      body: 'hello',
      has: { 'keep-alive': null, 'proxy-connection': null, upgrade: null, 'x-kept': '1' },
    },
  ),
  one('RS-12.4', 'Connection: close', send(whole('Connection: close')), ok('hello', false)),
  one('RS-12.5', 'chunked with trailers', send(`${OK}${CHUNKED}\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n`), ok('hello', true)),
  one('RS-12.6', 'a bad trailer', send(`${OK}${CHUNKED}\r\n5\r\nhello\r\n0\r\nX T: 1\r\n\r\n`), cut),
  one('RS-12.7', 'two cookies stay two', send(whole('Set-Cookie: a=1\r\nSet-Cookie: b=2')), {
    kind: 'passed',
    status: 200,
    body: 'hello',
    has: { 'set-cookie': 'a=1 | b=2' },
  }),
  one('RS-12.8', 'a reason of ours', send(whole('X-Headgate-Reason: spoof')), {
    kind: 'passed',
    status: 200,
    body: 'hello',
    has: { 'x-headgate-reason': null },
  }),
  one('RS-12.9', 'obs-text in a value', send(whole('X: caf\xe9')), {
    kind: 'passed',
    status: 200,
    body: 'hello',
    has: { x: 'caf\xe9' },
  }),
  one(
    'RS-12.10',
    'body until the end',
    { send: [`${OK}\r\nhello`], fin: true },
    { kind: 'passed', status: 200, body: 'hello', pooled: false },
  ),
  {
    ...one(
      'RS-12.11',
      'body until the end to HTTP/1.0',
      { send: [`${OK}\r\nhello`], fin: true },
      { kind: 'passed', status: 200, body: 'hello', closes: true },
    ),
    request: line('GET / HTTP/1.0'),
  },
  one('RS-12.12', 'a head byte by byte', send(...[...whole('X: 1')].flatMap((byte) => [byte, 0])), {
    kind: 'passed',
    status: 200,
    body: 'hello',
    has: { x: '1' },
  }),
  one(
    'RS-12.13',
    'chunks byte by byte',
    send(`${OK}${CHUNKED}\r\n`, ...[...'5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n'].flatMap((byte) => [byte, 0])),
    ok('hello', true),
  ),
]

export const RESPONSES: readonly ResponseCase[] = [...FRAMING, ...HEADS, ...STATUS, ...FIELDS]
export const PLAIN_REQUEST = `${G}\r\n`
