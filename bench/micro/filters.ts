// What filters cost a request, each alone and five header operations together.

import { cors } from '../../src/filters/cors.ts'
import { errorPages } from '../../src/filters/error-pages.ts'
import { redirect } from '../../src/filters/redirect.ts'
import { requestHeaders } from '../../src/filters/request-headers.ts'
import { responseHeaders } from '../../src/filters/response-headers.ts'
import { rewrite } from '../../src/filters/rewrite.ts'
import { Exchange } from '../../src/model/exchange.ts'
import type { Filter } from '../../src/model/filter.ts'
import type { ResponseHead } from '../../src/model/message.ts'
import { Peer } from '../../src/model/peer.ts'
import { bench, type Result } from './harness.ts'

const REQUEST = [
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=1',
  'x-forwarded-for: 192.0.2.1',
  'x-forwarded-proto: http',
  'x-request-id: 0123456789abcdef',
  '',
].join('\r\n')
const RESPONSE =
  'Server: demo\r\nDate: Sat, 01 Aug 2026 10:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: 1024\r\n'

const NONE = { set: {}, add: {}, remove: [] }

export default function filters(): Result[] {
  const peer = new Peer('192.0.2.1', 8080, false, false)
  const x = new Exchange(
    { peer } as Exchange['downstream'],
    { paths: { mergeSlashes: true, encodedSlash: 'reject' } } as Exchange['listener'],
    0,
  )
  x.head = `GET /users/4711/orders HTTP/1.1\r\nHost: api.example.com\r\nOrigin: https://app.example\r\n${REQUEST}\r\n`
  x.method = 'GET'
  x.host = x.authority = 'api.example.com'
  x.binding = { name: 'users', prefix: '/users' } as Exchange['binding']
  const head: ResponseHead = { status: 200, phrase: '', fields: RESPONSE, body: 0, length: 0, dated: true }

  /** The chain over a fresh request and response. */
  const chain = (name: string, ...all: readonly Filter[]): Result =>
    bench(name, () => {
      x.fields = REQUEST
      x.path = '/users/4711/orders'
      head.fields = RESPONSE
      for (let i = 0; i < all.length; i++) (all[i] as Filter).onRequest?.(x)
      for (let i = all.length - 1; i >= 0; i--) (all[i] as Filter).onResponse?.(x, head)
      return head.fields.length + x.fields.length
    })

  return [
    chain('no filter'),
    chain(
      'five header operations, constant',
      requestHeaders({ set: { 'x-env': 'prod', 'x-tier': 'gold' }, add: { 'x-via': 'gate' }, remove: ['cookie'] }),
      responseHeaders({ ...NONE, set: { server: 'headgate' } }),
    ),
    chain(
      'five header operations, two templates',
      requestHeaders({
        set: { 'x-path': `\${request.path}`, 'x-agent': `\${request.header.user-agent}` },
        add: { 'x-via': 'gate' },
        remove: ['cookie'],
      }),
      responseHeaders({ ...NONE, set: { server: 'headgate' } }),
    ),
    chain('rewrite, prefix', rewrite({ path: { type: 'prefix', value: '/v2' }, host: null })),
    chain('rewrite, regex', rewrite({ path: { type: 'regex', value: '^/users/(\\d+)', to: '/u/$1' }, host: null })),
    chain('redirect', redirect({ scheme: 'https', host: null, port: null, path: null, code: 301 })),
    chain(
      'cors, an answer',
      cors({
        origins: ['https://app.example'],
        methods: ['GET'],
        headers: [],
        exposeHeaders: [],
        credentials: true,
        maxAge: null,
      }),
    ),
    chain('errorPages, no error', errorPages([{ codes: ['5xx'], html: 'x', json: null }])),
  ]
}
