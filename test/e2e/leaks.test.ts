// What is left in memory of connections that have come and gone, counted object by object.

import { queryObjects } from 'node:v8'
import t, { type Test } from 'tap'
import { DownstreamConnection } from '../../src/http1/downstream-connection.ts'
import { DownstreamSession } from '../../src/http2/downstream-session.ts'
import { Exchange } from '../../src/model/exchange.ts'
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
const KINDS = { DownstreamConnection, DownstreamSession, Exchange }

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

const count = (type: new (...args: never[]) => object): number =>
  queryObjects(type as never, { format: 'count' }) as unknown as number

/** How many there are, by kind, when they do not become fewer any more, or are few. */
async function left(): Promise<[kind: string, left: number][]> {
  let counts: [string, number][] = []
  for (let look = 0; look < 4; look++) {
    // Node keeps a session for a moment after its end.
    await pause(1000)
    counts = Object.entries(KINDS).map(([kind, type]) => [kind, count(type)])
    if (counts.every(([, each]) => each < FEW)) break
  }
  return counts
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
  for (const [kind, some] of await left()) t.ok(some < FEW, `${some} ${kind} of ${4 * ROUNDS} connections`)
})
