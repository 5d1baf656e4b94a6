// Connections to endpoints and their pool, driven through the contract that the proxy sees.

import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { Http1Connector } from '../../src/http1/connector.ts'
import { systemClock } from '../../src/model/clock.ts'
import type { Failure, RunningAttempt } from '../../src/model/connection.ts'
import { Deadlines } from '../../src/model/deadlines.ts'
import { Endpoint } from '../../src/model/endpoint.ts'
import { EndpointTls, TlsClient } from '../../src/model/tls-client.ts'
import { type ConnectionSettings, Upstream } from '../../src/model/upstream.ts'
import { fakeExchange } from '../support/fake-exchange.ts'
import { startEndpoint } from '../support/raw-endpoint.ts'
import { until } from '../support/until.ts'

const CONNECTION: ConnectionSettings = {
  connectTimeout: 2000,
  keepAlive: 60_000,
  maxIdlePerEndpoint: 8,
  maxRequests: null,
  tcpKeepAlive: null,
}

/** What an attempt was told. */
interface Told {
  body: string
  ended: boolean
  failed: Failure | ''
}

/** An attempt on behalf of a client that cannot take the body as fast as it comes: it pauses with each piece. */
function slowAttempt(connector: Http1Connector): Told {
  const told: Told = { body: '', ended: false, failed: '' }
  const attempt: RunningAttempt = {
    exchange: fakeExchange(),
    endpoint: new Endpoint('a'),
    fields: '',
    attemptTimeout: 0,
    idleTimeout: 0,
    tunnelTimeout: 0,
    onSending: () => {},
    onWritable: () => {},
    onInformational: () => {},
    onHead(_head, part, last) {
      if (part !== null) told.body += part.bytes.toString('latin1', part.start, part.end)
      told.ended = last
      if (!last) holdBack()
    },
    onData(part) {
      told.body += part.bytes.toString('latin1', part.start, part.end)
      holdBack()
    },
    onEnd() {
      told.ended = true
    },
    onFailure(failure) {
      told.failed = failure
    },
    resume: () => {},
    cancel: () => {},
  }
  const connection = connector.send(attempt)
  const holdBack = () => {
    connection.pause()
    // The client has taken it, a little later.
    setTimeout(() => {
      if (!told.ended) connection.resume()
    }, 2)
  }
  return told
}

async function setup(t: Test) {
  const endpoint = await startEndpoint(t)
  const deadlines = new Deadlines(systemClock)
  deadlines.start()
  const upstream = new Upstream(
    'u',
    {
      host: 'preserve',
      connection: CONNECTION,
      limits: { connections: 10, pending: 0, requests: 10 },
      maxRequests: 10,
      maxConnections: 10,
      maxPending: 0,
      pendingTimeout: 1,
    },
    { pick: () => null },
  )
  const port = Number(endpoint.address.split(':')[1])
  const connector = new Http1Connector(
    upstream,
    { place: { host: '127.0.0.1', port }, tls: null, proxy: null },
    'a.test',
    deadlines,
  )
  t.teardown(() => {
    connector.retire()
    deadlines.stop()
  })
  return { endpoint, connector, upstream }
}

for (const [what, head, tail] of [
  ['with a length', 'content-length: 20', 'b'.repeat(10)],
  ['in chunks', 'transfer-encoding: chunked', `a\r\n${'b'.repeat(10)}\r\n0\r\n\r\n`],
  ['in chunks with trailers', 'transfer-encoding: chunked', `a\r\n${'b'.repeat(10)}\r\n0\r\nx-t: 1\r\n\r\n`],
] as const) {
  t.test(`a client that is slow with the last piece of a body ${what} does not stop the connection`, async (t) => {
    const { endpoint, connector, upstream } = await setup(t)
    endpoint.script = (_request, connection, phase) => {
      if (phase === 'head') return
      const first = head.startsWith('content') ? 'a'.repeat(10) : `a\r\n${'a'.repeat(10)}\r\n`
      connection.send(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${first}`)
      setTimeout(() => connection.send(tail), 20)
    }
    for (const time of ['first', 'second', 'third']) {
      const told = slowAttempt(connector)
      await until(`the ${time} response`, () => told.ended || told.failed !== '', 1000)
      t.strictSame(told, { body: 'a'.repeat(10) + 'b'.repeat(10), ended: true, failed: '' })
    }
    t.equal(endpoint.connections.length, 1)
    t.strictSame([upstream.counters.connectionsActive, upstream.counters.connectionsIdle], [0, 1])
  })
}

t.test('a whole chunked response with trailers in one read leaves the connection fit for the next', async (t) => {
  const { endpoint, connector } = await setup(t)
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') connection.send('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx-t: 1\r\n\r\n')
  }
  for (const time of ['first', 'second']) {
    const told = slowAttempt(connector)
    await until(`the ${time} response`, () => told.ended, 1000)
    t.equal(told.body, 'x')
  }
})

t.test('a connection that is being made to an endpoint that is gone is given up, one that is made is not', async (t) => {
  const { endpoint, connector, upstream } = await setup(t)
  endpoint.script = () => {}
  const made = slowAttempt(connector)
  await until('the request', () => endpoint.requests.length === 1, 1000)
  // Takes connections and never shakes hands.
  const silent = createServer((socket) => socket.on('error', () => {}))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  t.teardown(() => silent.close())
  const { port } = silent.address() as { port: number }
  const client = new TlsClient({ ca: null, serverName: null, sans: [], cert: null, key: null, verify: false })
  const tls = new EndpointTls(client, 'a.test')
  const shaking = new Http1Connector(
    upstream,
    { place: { host: '127.0.0.1', port }, tls, proxy: null },
    'a.test',
    connector.deadlines,
  )
  const kept = slowAttempt(shaking)
  shaking.retire()
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.equal(kept.failed, '', 'settings that changed are no reason')
  shaking.retire(true)
  connector.retire(true)
  t.equal(kept.failed, 'connect-failure', 'at once')
  t.equal(made.failed, '')
  t.equal(upstream.counters.connectionsActive, 1)
})
