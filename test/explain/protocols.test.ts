// What explain says where the protocol matters: gRPC, HTTP/2 to endpoints, and hosts of other listeners on one TLS address.

import t from 'tap'
import { normalizeConfig } from '../../src/config/parse.ts'
import { explainRequest } from '../../src/explain/explain.ts'
import { compileOffline } from '../../src/explain/offline.ts'
import { readExplainRequest } from '../../src/explain/read-request.ts'
import type { Explanation } from '../../src/model/explanation.ts'

// Certificates are not looked at here.
const tls = { certificates: [{ cert: 'a.pem', key: 'a.key' }] }
const parsed = normalizeConfig({
  listeners: [
    { name: 'web', bind: '0.0.0.0:80' },
    { name: 'shop', bind: '0.0.0.0:443', protocol: 'https', hosts: ['shop.test', '*.test'], tls },
    { name: 'partners', bind: '0.0.0.0:443', protocol: 'https', hosts: ['partners.test'], tls },
  ],
  routes: [
    { name: 'calls', match: [{ path: { prefix: '/shop.Cart' } }], to: 'h2' },
    { name: 'site', match: [{ path: { prefix: '/site' } }], to: 'h1' },
  ],
  upstreams: {
    h1: { discovery: { static: ['127.0.0.1:1'] } },
    h2: { discovery: { static: ['127.0.0.1:2'] }, protocol: 'h2' },
  },
})
if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors))
const view = compileOffline(parsed.config, () => 0)

function explained(url: string, headers: object = {}, listener: string | null = null): Explanation {
  const request = readExplainRequest({ url, headers, listener })
  if (typeof request === 'string') throw new Error(request)
  const outcome = explainRequest(view, request)
  if (typeof outcome === 'string') throw new Error(outcome)
  return outcome.explanation
}

const GRPC = { 'content-type': 'application/grpc+proto' }

t.test('gRPC', async (t) => {
  const { notes } = explained('http://a.test/shop.Cart/Get', { ...GRPC, 'grpc-timeout': '2S' })
  t.ok(notes.includes('the deadline of the client is 2000 ms (grpc-timeout)'))
  t.ok(notes.includes('endpoints of h2 are spoken to in HTTP/2'))
  t.match(explained('http://a.test/site', GRPC).notes.join('\n'), /gRPC needs endpoints that speak HTTP\/2.*upstream h1/)
  t.notMatch(explained('http://a.test/site').notes.join('\n'), 'gRPC')
  const unknown = explained('http://a.test/other', GRPC)
  t.match(unknown.answer, { status: 404, reason: 'no-route' })
  t.ok(unknown.notes.includes('in a gRPC call the answer is status 12 (unimplemented)'))
})

t.test('endpoints that speak HTTP/2 get no upgrades', async (t) => {
  t.ok(
    explained('ws://a.test/shop.Cart').notes.includes(
      'it is passed on as a plain request: endpoints that are spoken to in HTTP/2 get no upgrades',
    ),
  )
  t.ok(explained('ws://a.test/site').notes.includes('it becomes a tunnel if the endpoint agrees to websocket'))
  t.match(explained('wss://shop.test/site'), { listener: 'shop', endpoint: '127.0.0.1:1' })
})

t.test('the host of another listener of the address', async (t) => {
  const misdirected = { route: null, answer: { status: 421, reason: 'misdirected' } }
  t.match(explained('https://shop.test/site', { host: 'partners.test' }), misdirected)
  t.match(explained('https://partners.test/site', {}, 'shop'), misdirected)
  t.match(explained('https://shop.test/site', { host: 'other.test' }), { listener: 'shop', route: 'site', answer: null })
  t.match(explained('https://partners.test/site'), { listener: 'partners', route: 'site', answer: null })
  t.match(explained('https://partners.test/site', { host: 'nobody.example' }), { answer: { status: 404 } })
})
