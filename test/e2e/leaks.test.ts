// What is left in memory of connections, requests and configurations that have come and gone, counted object by object.

import { queryObjects } from 'node:v8'
import t, { type Test } from 'tap'
import { DownstreamConnection } from '../../src/http1/downstream-connection.ts'
import { DownstreamSession } from '../../src/http2/downstream-session.ts'
import { Exchange } from '../../src/model/exchange.ts'
import { RequestView } from '../../src/routing/request-view.ts'
import { authority } from '../support/certificates.ts'
import { configOf, startGateway } from '../support/gateway.ts'
import { RawHttp2, request } from '../support/http2-raw.ts'
import { RawClient } from '../support/raw-client.ts'
import { startEndpoint } from '../support/raw-endpoint.ts'
import { secureClient } from '../support/secure-client.ts'
import { pause, until } from '../support/until.ts'

const ROUNDS = 60
/** The last ones may still be in somebody's hands. */
const FEW = 10

const { certFile, keyFile } = authority(t).issue()
const secure = {
  name: 'secure',
  bind: '127.0.0.1:0',
  protocol: 'https',
  tls: { certificates: [{ cert: certFile, key: keyFile }] },
}

async function overHttp1(port: number): Promise<void> {
  const client = await RawClient.open(port)
  await client.ask('GET /')
  client.destroy()
}

async function overTls(t: Test, port: number): Promise<void> {
  const { client } = await secureClient(t, port)
  await client.ask('GET /')
  client.destroy()
}

async function overHttp2(port: number, tls: boolean): Promise<void> {
  const client = await RawHttp2.open(port, { tls })
  await client.outcome(client.headers(request()))
  client.headers(request({ ':path': '/never' }))
  await client.roundTrip()
  client.destroy()
}

const count = (type: Kind): number => queryObjects(type as never, { format: 'count' }) as unknown as number

type Kind = new (...args: never[]) => object

/** Looks a few times whether there are only few. */
async function few(t: Test, of: string, ...kinds: readonly Kind[]): Promise<void> {
  for (const kind of kinds) {
    let left = count(kind)
    // Node keeps a session for a moment after its end.
    for (let look = 0; look < 3 && left >= FEW; look++) {
      await pause(1000)
      left = count(kind)
    }
    t.ok(left < FEW, `${left} ${kind.name} of ${of}`)
  }
}

t.test('connections of all kinds', async (t) => {
  const endpoint = await startEndpoint(t)
  endpoint.script = (message, connection, phase) => {
    if (phase === 'end' && message.target !== '/never') connection.answer('ok')
  }
  const config = configOf([endpoint.address])
  const gateway = await startGateway(t, { ...config, listeners: [...(config.listeners ?? []), secure] } as never)
  const { web, secure: https } = gateway.ports as { web: number; secure: number }
  for (let i = 0; i < ROUNDS; i += 5)
    await Promise.all(
      Array.from({ length: 5 }, () =>
        Promise.all([overHttp1(web), overTls(t, https), overHttp2(web, false), overHttp2(https, true)]),
      ),
    )
  await until('nobody to be connected', async () => (await gateway.metric('connections')) === 0)
  await few(t, `${4 * ROUNDS} connections`, DownstreamConnection, DownstreamSession, Exchange)
})

t.test('requests that waited for a place', async (t) => {
  const endpoint = await startEndpoint(t)
  const gateway = await startGateway(t, configOf([endpoint.address], { upstream: { limits: { requests: 1 } } }))
  const client = await RawHttp2.open(gateway.port)
  const ids = Array.from({ length: ROUNDS }, () => client.headers(request()))
  for (const id of ids) t.equal(await client.outcome(id), '200')
  client.destroy()
  await few(t, `${ROUNDS} requests`, Exchange)
})

t.test('configurations that were replaced', async (t) => {
  const endpoint = await startEndpoint(t)
  const filters = [{ requestHeaders: { set: { x: '1' } } }, { bodyLimit: '1MiB' }]
  const gateway = await startGateway(t, configOf([endpoint.address], { route: { filters } }))
  for (let i = 1; i <= 2 * FEW; i++)
    await gateway.apply(configOf([endpoint.address], { route: { filters, timeout: { request: `${i}s` } } }))
  await few(t, `${2 * FEW} reloads`, RequestView)
})
