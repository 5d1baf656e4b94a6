// Corpus H2-01 to H2-05 and H2-15: requests that are not to be translated into anything.

import { type Field, FLAG } from '../../support/http2-frames.ts'
import { post, request } from '../../support/http2-raw.ts'

export interface Http2Case {
  readonly id: string
  readonly name: string
  readonly fields: readonly Field[]
  /** DATA behind the HEADERS; absent = the HEADERS end the stream. */
  readonly data?: string
  /** `reset`: RST_STREAM PROTOCOL_ERROR (or GOAWAY with it); a status: that answer. The endpoint sees no whole request. */
  readonly expect: 'reset' | number | readonly ('reset' | number)[]
  /** Text that must not stand in what the endpoint gets. */
  readonly without?: RegExp
  /** The endpoint sees it, with this target. */
  readonly target?: string
}

const show = (text: string): string => JSON.stringify(text).slice(1, -1)

const bad = (id: string, name: string, fields: readonly Field[], expect: Http2Case['expect'] = 'reset'): Http2Case => ({
  id,
  name: `${id} ${show(name)}`,
  fields,
  expect,
})

const dropped = (name: string, field: Field): Http2Case => ({
  id: 'H2-03',
  name: `H2-03 ${show(name)}`,
  fields: request({}, field),
  expect: ['reset', 200],
  target: '/',
  without: /evil|^b:|\xe9/m,
})

export const HTTP2_CASES: readonly Http2Case[] = [
  ...['0', '3', '10', '+5', '', '5,5', '05'].map(
    (length): Http2Case => ({
      id: 'H2-01',
      name: `H2-01 content-length ${show(length)} and 5 bytes`,
      fields: post(['content-length', length]),
      data: 'hello',
      expect: 'reset',
    }),
  ),
  {
    id: 'H2-01',
    name: 'H2-01 two lengths',
    fields: post(['content-length', '5'], ['content-length', '5']),
    data: 'hello',
    expect: 'reset',
  },
  {
    id: 'H2-01',
    name: 'H2-01 the right length',
    fields: post(['content-length', '5']),
    data: 'hello',
    expect: 200,
    target: '/',
  },
  bad('H2-01', 'a length and no body', post(['content-length', '5'])),

  ...(
    [
      ['transfer-encoding', 'chunked'],
      ['connection', 'close'],
      ['connection', 'keep-alive'],
      ['keep-alive', 'timeout=5'],
      ['proxy-connection', 'keep-alive'],
      ['upgrade', 'h2c'],
      ['te', 'gzip'],
      ['te', 'trailers, deflate'],
    ] as const
  ).map((field) => bad('H2-02', field.join(': '), request({}, field))),
  { id: 'H2-02', name: 'H2-02 te: trailers', fields: request({}, ['te', 'trailers']), expect: 200, target: '/' },

  // Node leaves such fields out before anybody sees them: the request goes on without, and nothing of them is ever translated.
  ...['a\r\nb: c', 'a\nb', 'a\rb', 'a\0b', 'a\x7f', '\x01'].map((value) => dropped(`value ${value}`, ['x-evil', value])),
  ...['x-evil:y', 'x-evil y', 'x-evil\r', 'x-evil\n', '', 'x-evil\0', 'x-evil(', '\xe9'].map((name) =>
    dropped(`name ${name}`, [name, 'evil']),
  ),
  ...[' a', 'a ', '\ta', 'a\t', ' '].map((value) => bad('H2-03', `value ${value}`, request({}, ['x-evil', value]))),
  ...['X', 'content-lengtH'].map((name) => bad('H2-03', `name ${name}`, request({}, [name, 'v']))),

  ...['', 'x', '/a b', '/a HTTP/1.1\r\nX: y', '/a#b', '*', 'http://evil/', '/\x7f', '/a\0', '/caf\xe9'].map((path) =>
    bad('H2-04', `:path ${path}`, request({ ':path': path })),
  ),
  ...['/../x', '/%zz', '/a%2fb', '/a\\b', '/a/..;/b'].map((path) =>
    bad('H2-04', `:path ${path}`, request({ ':path': path }), 400),
  ),
  bad('H2-04', 'a long :path', request({ ':path': `/${'a'.repeat(9000)}` }), 414),
  ...['G ET', 'GET\r\n', '', 'G(', 'GET /'].map((method) => bad('H2-04', `:method ${method}`, request({ ':method': method }))),
  bad('H2-04', ':method get', request({ ':method': 'get' }), 400),
  ...['https://evil/?', '', 'ftp', 'HTTP '].map((scheme) => bad('H2-04', `:scheme ${scheme}`, request({ ':scheme': scheme }))),
  bad('H2-04', ':scheme https in cleartext', request({ ':scheme': 'https' }), 421),
  bad('H2-04', 'TRACE', request({ ':method': 'TRACE' }), 405),

  bad('H2-05', 'host differs', request({}, ['host', 'b']), [400, 'reset']),
  bad('H2-05', 'no authority', request({ ':authority': null })),
  bad('H2-05', 'an empty authority', request({ ':authority': '' }), ['reset']),
  bad('H2-05', 'two hosts', request({ ':authority': null }, ['host', 'a'], ['host', 'a'])),
  ...['u@a', 'a/x', 'a b', 'a:99999', 'a?x', 'a,b', '[::1', 'a%00'].map((authority) =>
    bad('H2-05', `:authority ${authority}`, request({ ':authority': authority }), [400, 'reset']),
  ),
  { id: 'H2-05', name: 'H2-05 host alone', fields: request({ ':authority': null }, ['host', 'a']), expect: 200, target: '/' },
  { id: 'H2-05', name: 'H2-05 host that agrees', fields: request({}, ['host', 'A:80']), expect: 200, target: '/' },
  bad('H2-05', 'pseudo behind a field', [...request({ ':path': null }), ['x', '1'], [':path', '/']]),
  bad('H2-05', ':path twice', request({}, [':path', '/b'])),
  bad('H2-05', ':method twice', request({}, [':method', 'GET'])),
  bad('H2-05', 'unknown pseudo', request({ ':what': '1' })),
  bad('H2-05', ':status', request({ ':status': '200' })),
  ...[':method', ':scheme', ':path'].map((name) => bad('H2-05', `no ${name}`, request({ [name]: null }))),

  bad(
    'H2-15',
    'CONNECT',
    [
      [':method', 'CONNECT'],
      [':authority', 'a:443'],
    ],
    405,
  ),
  bad('H2-15', 'CONNECT with :path', request({ ':method': 'CONNECT' })),
  bad('H2-15', ':protocol without CONNECT', request({ ':protocol': 'websocket' })),
  { id: 'H2-15', name: 'OPTIONS *', fields: request({ ':method': 'OPTIONS', ':path': '*' }), expect: 200 },
  {
    id: 'H2-05',
    name: 'names of prototypes',
    fields: request({}, ['__proto__', '1'], ['constructor', '2']),
    expect: 200,
    target: '/',
  },
]

export const flagsOf = ({ data }: Http2Case): number => (data === undefined ? FLAG.END_STREAM : 0)
