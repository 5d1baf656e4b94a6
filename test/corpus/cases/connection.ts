// Corpus 2.6: hop-by-hop fields, upgrades (those that become tunnels are in test/upgrade), Expect, pipelining.

import { C5, type CorpusCase, each, F, G, get, H, L, line, P, R, show, T, z } from '../case.ts'

const SECOND = line('GET /2 HTTP/1.1')

const HOP_BY_HOP: readonly CorpusCase[] = [
  {
    id: 'HH-01',
    name: 'Connection nominates what it may not',
    bytes: get(
      'Connection: close, X-Forwarded-For, X-Real-IP, Forwarded, X-Forwarded-Proto, Authorization, Host, Cookie, X-Mine\r\n' +
        'X-Forwarded-For: spoof\r\nX-Real-IP: spoof\r\nForwarded: for=spoof\r\nX-Forwarded-Proto: spoof\r\nX-Mine: 1\r\n' +
        'Authorization: keep\r\nCookie: keep=1',
    ),
    expect: {
      ...F({
        has: { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', authorization: 'keep', cookie: 'keep=1' },
        hasNot: ['x-mine'],
        without: 'spoof',
      }),
      closes: true,
    },
  },
  ...each(
    ['Keep-Alive', 'Proxy-Connection', 'Proxy-Authorization', 'Proxy', 'TE', 'Trailer', 'HTTP2-Settings', 'Upgrade'],
    (name, at) => ({
      id: `HH-02.${at + 1}`,
      name,
      bytes: get(`${name}: spoof`),
      expect: F({ hasNot: [name.toLowerCase()], without: 'spoof' }),
    }),
  ),
  { id: 'HH-02.9', name: 'TE: gzip', bytes: get('TE: gzip'), expect: F({ without: 'gzip' }) },
  {
    id: 'HH-04a',
    name: 'HTTP/1.0',
    bytes: 'GET / HTTP/1.0\r\n\r\n',
    expect: { ...F({ host: null }), closes: true },
  },
  {
    id: 'HH-04b',
    name: 'HTTP/1.0 with keep-alive, twice',
    bytes: `GET / HTTP/1.0\r\n${H}Connection: keep-alive\r\n\r\n`.repeat(2),
    expect: { ...F({}, {}), closes: false },
    response: { connection: 'keep-alive' },
  },
  {
    id: 'HH-04c',
    name: 'never chunked to HTTP/1.0',
    bytes: `GET / HTTP/1.0\r\n${H}Connection: keep-alive\r\n\r\n`,
    origin: { send: ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', 20, z] },
    expect: { ...F({}), closes: true },
    response: { 'transfer-encoding': null },
  },
  {
    id: 'HH-05',
    name: 'Connection: close in capitals, in a list',
    bytes: get('Connection: x, CLOSE'),
    expect: { ...F({}), closes: true },
  },
  {
    id: 'HH-06',
    name: 'Connection nominates an ordinary field',
    bytes: get('Connection: X-Mine\r\nX-Mine: 1'),
    expect: F({ hasNot: ['x-mine'] }),
  },
]

const H2C = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'
const WEBSOCKET = 'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
const plain = { hasNot: ['upgrade'] }

const UPGRADES: readonly CorpusCase[] = [
  { id: 'UP-01', name: 'h2c', bytes: get(H2C), expect: F({ hasNot: ['upgrade', 'http2-settings'] }) },
  {
    id: 'UP-02',
    name: 'unlisted protocol, then a request',
    bytes: `${get('Connection: upgrade\r\nUpgrade: foo')}${line('GET /admin HTTP/1.1')}`,
    expect: F(plain, { target: '/admin' }),
  },
  {
    id: 'UP-03',
    name: '101 unasked for an unlisted protocol',
    bytes: get('Connection: upgrade\r\nUpgrade: foo'),
    origin: { send: ['HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\n'] },
    expect: F({ ...plain, status: 502 }),
  },
  { id: 'UP-04.1', name: 'without Connection: upgrade', bytes: get(WEBSOCKET), expect: F(plain) },
  {
    id: 'UP-04.2',
    name: 'on HTTP/1.0',
    bytes: `GET / HTTP/1.0\r\n${H}Connection: upgrade\r\n${WEBSOCKET}\r\n\r\n`,
    expect: { ...F(plain), closes: true },
  },
  {
    id: 'UP-04.3',
    name: 'by POST',
    bytes: `${P}Connection: upgrade\r\n${WEBSOCKET}\r\nContent-Length: 0\r\n\r\n${SECOND}`,
    expect: [F({ method: 'POST', ...plain }, { target: '/2' }), R(400)],
  },
  {
    id: 'UP-04.4',
    name: 'with a length',
    bytes: `${G}Connection: upgrade\r\n${WEBSOCKET}\r\n${C5}\r\nhello${SECOND}`,
    expect: [R(400), F({ body: 'hello', ...plain }, { target: '/2' })],
  },
  {
    id: 'UP-04.5',
    name: 'chunked',
    bytes: `${G}Connection: upgrade\r\n${WEBSOCKET}\r\n${T}\r\n5\r\nhello\r\n${z}${SECOND}`,
    expect: [R(400), F({ body: 'hello', ...plain }, { target: '/2' })],
  },
  {
    id: 'UP-04.6',
    name: 'version 777',
    bytes: get(`Connection: upgrade\r\n${WEBSOCKET.replace('13', '777')}`),
    expect: L(426, 'upgrade', 'sec-websocket-version'),
  },
  {
    id: 'UP-04.7',
    name: 'no key',
    bytes: get('Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13'),
    expect: L(400),
  },
  {
    id: 'UP-04.8',
    name: 'two protocols',
    bytes: `${get(`Connection: upgrade\r\n${WEBSOCKET.replace('websocket', 'websocket, h2c')}`)}${SECOND}`,
    expect: F(plain, { target: '/2' }),
  },
]

const EXPECT_100 = 'Expect: 100-continue\r\n'
const early = (status: number, name: string): CorpusCase => ({
  id: `EX-02.${status}`,
  name: `${status} before the body`,
  bytes: `${P}${EXPECT_100}Content-Length: 60\r\n\r\n`,
  origin: { on: 'head', send: [`HTTP/1.1 ${status} ${name}\r\nLocation: /x\r\nContent-Length: 2\r\n\r\nok`] },
  steps: [{ wait: 'response', send: line('GET /evil HTTP/1.1') }],
  expect: { kind: 'early', status: [status] },
})

const EXPECTATIONS: readonly CorpusCase[] = [
  {
    id: 'EX-01',
    name: 'the client waits for 100',
    bytes: `${P}${EXPECT_100}${C5}\r\n`,
    steps: [{ wait: 'interim', send: 'hello' }],
    interim: [100],
    expect: F({ method: 'POST', body: 'hello' }),
  },
  {
    id: 'EX-01b',
    name: '100 comes from the origin',
    bytes: `${P}${EXPECT_100}${C5}\r\n`,
    origin: { interim: 'HTTP/1.1 100 Continue\r\n\r\n', send: ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'] },
    steps: [{ wait: 'interim', send: 'hello' }],
    interim: [100],
    expect: F({ method: 'POST', body: 'hello' }),
  },
  early(401, 'Unauthorized'),
  early(417, 'Expectation Failed'),
  early(302, 'Found'),
  early(200, 'OK'),
  ...each(
    ['y', '100-continue, x', '100-continue\t', ' 100-continue 100-continue', '100-continue\r\nExpect: 100-continue'],
    (value, at) => ({
      id: `EX-03.${at + 1}`,
      name: show(value),
      bytes: `${P}Expect: ${value}\r\n${C5}\r\nhello`,
      expect: R(417, 400),
    }),
  ),
  {
    id: 'EX-04',
    name: 'OPTIONS with a folded length',
    bytes: `OPTIONS / HTTP/1.1\r\n${H}${EXPECT_100}Content-Length:\r\n 5\r\n\r\nhello`,
    expect: R(400),
  },
  { id: 'EX-05a', name: 'GET without a body', bytes: `${G}${EXPECT_100}\r\n`, expect: F({}) },
  {
    id: 'EX-05b',
    name: 'no 1xx to HTTP/1.0',
    bytes: `POST / HTTP/1.0\r\n${H}${EXPECT_100}${C5}\r\nhello`,
    interim: [],
    expect: { ...F({ method: 'POST', body: 'hello' }), closes: true },
  },
  {
    id: 'EX-06',
    name: 'the body comes at once',
    bytes: `${P}${EXPECT_100}${C5}\r\nhello${SECOND}`,
    expect: F({ method: 'POST', body: 'hello' }, { target: '/2' }),
  },
]

const many = (count: number): CorpusCase => ({
  id: `PI-01.${count}`,
  name: `${count} in one segment`,
  bytes: Array.from({ length: count }, (_, i) => line(`GET /${i} HTTP/1.1`)).join(''),
  expect: F(...Array.from({ length: count }, (_, i) => ({ target: `/${i}` }))),
})

const PIPELINING: readonly CorpusCase[] = [
  many(2),
  many(10),
  many(1000),
  {
    id: 'PI-02',
    name: 'close, then another',
    bytes: `${get('Connection: close')}${SECOND}`,
    expect: { ...F({}), closes: true },
  },
  { id: 'PI-03a', name: 'good, then bad', bytes: `${G}\r\nBAD\r\n\r\n`, expect: { ...R(400), answered: [{}] } },
  {
    id: 'PI-03b',
    name: 'good, good, bad, good',
    bytes: `${G}\r\n${SECOND}GET /3 HTTP/1.1\r\nHost : a\r\n\r\n${line('GET /4 HTTP/1.1')}`,
    expect: { ...R(400), answered: [{}, { target: '/2' }] },
  },
  {
    id: 'PI-05a',
    name: 'HEAD answered with a length and a body',
    bytes: `HEAD / HTTP/1.1\r\n${H}\r\n`,
    methods: ['HEAD'],
    origin: { send: ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'] },
    expect: F({ method: 'HEAD' }),
    response: { 'content-length': '5' },
  },
  {
    id: 'PI-05b',
    name: 'a pause between head and body',
    bytes: `${P}${C5}\r\n`,
    steps: [{ wait: 150, send: 'hello' }],
    expect: F({ method: 'POST', body: 'hello' }),
  },
  {
    id: 'PI-06',
    name: 'each kind of body behind the other',
    bytes: `${P}${C5}\r\nhello${P}${T}\r\n5\r\nworld\r\n${z}${G}\r\nHEAD /h HTTP/1.1\r\n${H}\r\n${SECOND}`,
    methods: ['POST', 'POST', 'GET', 'HEAD', 'GET'],
    expect: F(
      { method: 'POST', body: 'hello' },
      { method: 'POST', body: 'world' },
      {},
      { method: 'HEAD', target: '/h' },
      { target: '/2' },
    ),
  },
]

export const CONNECTION: readonly CorpusCase[] = [...HOP_BY_HOP, ...UPGRADES, ...EXPECTATIONS, ...PIPELINING]
