// The shape of an exchange: whatever happens to it, it has the fields that it was made with, in their order.

import t from 'tap'
import { Exchange } from '../../src/model/exchange.ts'
import { RequestProxy } from '../../src/proxy/proxy.ts'
import { fakeDownstream, fakeListener } from '../support/fake-exchange.ts'
import { scene } from '../support/gateway.ts'
import { until } from '../support/until.ts'

const seen: Exchange[] = []
const { begin } = RequestProxy.prototype
RequestProxy.prototype.begin = function (x) {
  seen.push(x)
  begin.call(this, x)
}
t.teardown(() => {
  RequestProxy.prototype.begin = begin
})

const keys = Object.keys(new Exchange(fakeDownstream(), fakeListener(), 0))

scene(
  'no field is added on the way',
  { endpoints: 2, upstream: { balancer: 'first' }, top: { accessLog: { file: '/dev/null' } } },
  async (t, { gateway, endpoints }) => {
    const [first] = endpoints
    if (first !== undefined)
      first.script = (request, connection, phase) => {
        if (phase === 'head') return
        if (request.target === '/reset') connection.socket.resetAndDestroy()
        else if (request.target === '/cut') connection.socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx')
        else if (request.target !== '/gone') connection.answer('x')
      }
    const client = await gateway.client()
    await client.ask('GET /')
    await client.ask('POST /', ['transfer-encoding: chunked', 'expect: 100-continue', 'te: trailers'], '1\r\nx\r\n0\r\n\r\n')
    await client.ask('GET /reset', ['x-request-id: mine', 'x-forwarded-for: 1.1.1.1'])
    await client.ask('OPTIONS *')
    client.request('GET /cut')
    await client.end()
    const gone = await gateway.client()
    gone.request('GET /gone')
    await until('the request', () => first?.requests.at(-1)?.target === '/gone')
    gone.destroy()
    await until('it to be over', () => seen.at(-1)?.accounted === true)
    t.equal(seen.length, 6)
    for (const x of seen) {
      t.strictSame(Object.keys(x), keys)
      t.notOk(Object.values(x).includes(undefined))
    }
  },
)
