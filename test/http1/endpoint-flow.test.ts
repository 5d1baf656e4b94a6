// How long a tunnel may be silent: as long as it is sound for its own time, else for the usual idle time.

import t from 'tap'
import { Http1Connector } from '../../src/http1/connector.ts'
import type { UpstreamConnection } from '../../src/http1/upstream-connection.ts'
import { systemClock } from '../../src/model/clock.ts'
import type { RunningAttempt } from '../../src/model/connection.ts'
import { Deadlines } from '../../src/model/deadlines.ts'
import { Endpoint } from '../../src/model/endpoint.ts'
import { BODY } from '../../src/model/message.ts'
import { Upstream } from '../../src/model/upstream.ts'
import { fakeExchange } from '../support/fake-exchange.ts'
import { startTunnelEndpoint } from '../support/tunnel-endpoint.ts'
import { until } from '../support/until.ts'

const TUNNEL = 3_600_000
const IDLE = 60_000

t.test('a tunnel while its endpoint is slow, and when it is not any more', async (t) => {
  const endpoint = await startTunnelEndpoint(t)
  endpoint.heads = false
  const deadlines = new Deadlines(systemClock)
  const upstream = new Upstream(
    'u',
    {
      host: 'preserve',
      connection: { connectTimeout: 2000, keepAlive: null, maxIdlePerEndpoint: 8, maxRequests: null, tcpKeepAlive: null },
      limits: { connections: 10, pending: 0, requests: 10 },
      maxRequests: 10,
      maxConnections: 10,
      maxPending: 0,
      pendingTimeout: 1,
    },
    { pick: () => null },
  )
  const place = { host: '127.0.0.1', port: Number(endpoint.address.split(':')[1]) }
  const connector = new Http1Connector(upstream, { place, tls: null, proxy: null }, 'a.test', deadlines)
  let open = false
  let writable = 0
  const exchange = fakeExchange({ body: BODY.TUNNEL })
  const attempt: RunningAttempt = {
    exchange,
    endpoint: new Endpoint('a'),
    fields: '',
    attemptTimeout: 0,
    idleTimeout: IDLE,
    tunnelTimeout: TUNNEL,
    onSending: () => {},
    onWritable: () => {
      writable++
    },
    onInformational: () => {},
    onHead() {
      exchange.bodyDone = false
      open = true
    },
    onData: () => {},
    onEnd: () => {},
    onFailure: () => {},
    resume: () => {},
    cancel: () => {},
  }
  const connection = connector.send(attempt) as UpstreamConnection
  t.teardown(() => connection.destroy())
  await until('the connection', () => open)
  const left = (): number => connection.deadline - deadlines.now
  const near = (ms: number): boolean => Math.abs(left() - ms) < 1000
  t.ok(near(TUNNEL), 'nothing has been said')

  const peer = await endpoint.peer()
  peer.socket.pause()
  t.equal(connection.sendBody(Buffer.alloc(16 << 20)), false)
  t.ok(near(IDLE), 'it does not take what is sent')
  peer.socket.resume()
  await until('it to take all', () => writable === 1)
  t.ok(near(TUNNEL), 'it does again')

  connection.pause()
  t.equal(connection.deadline, 0, 'the client is slow: that is its own affair')
  connection.resume()
  t.ok(near(TUNNEL))

  exchange.bodyDone = true
  connection.endBody()
  t.ok(near(IDLE), 'the client has said all')
  deadlines.stop()
})
