// Bodies that come slowly where places at the upstream are few.

import t from 'tap'
import { buffers } from '../../src/model/buffers.ts'
import { scene } from '../support/gateway.ts'
import { until } from '../support/until.ts'

const slow = (path: string, length: number) => `POST ${path} HTTP/1.1\r\nhost: a.test\r\ncontent-length: ${length}\r\n\r\nab`

scene(
  'half of the places are left to others',
  { upstream: { limits: { requests: 4, pending: 0 } } },
  async (t, { gateway, endpoint }) => {
    const clients = []
    for (let i = 0; i < 4; i++) {
      const client = await gateway.client()
      client.send(slow(`/${i}`, 10))
      clients.push(client)
      // One after the other: who comes first has a place.
      if (i < 2) await until('its head at the endpoint', () => endpoint.requests.length === i + 1)
    }
    const other = await gateway.client()
    for (let i = 0; i < 3; i++) t.equal((await other.ask('GET /quick')).status, 200)
    t.equal(endpoint.requests.filter(({ target }) => /^\/\d/.test(target)).length, 2, 'the others wait in the gateway')
    const [, , third, fourth] = clients
    third?.send('cdefghij')
    t.equal((await third?.response())?.status, 200, 'and go on when they are complete')
    t.equal(endpoint.requests.find(({ target }) => target === '/2')?.body, 'abcdefghij')
    fourth?.reset()
    await until('it to be forgotten', async () => (await gateway.metric('connections')) === 4)
    for (const client of clients.slice(0, 2)) client.send('cdefghij')
    for (const client of clients.slice(0, 2)) t.equal((await client.response()).status, 200)
  },
)

scene(
  'a long body goes on as soon as enough of it is there',
  { upstream: { limits: { requests: 2, pending: 0 } } },
  async (t, { gateway, endpoint }) => {
    const first = await gateway.client()
    first.send(slow('/first', 10))
    await until('its head at the endpoint', () => endpoint.requests.length === 1)
    const long = await gateway.client()
    long.send(slow('/long', 100_000))
    const waits = await gateway.client()
    waits.send('PUT /expects HTTP/1.1\r\nhost: a.test\r\ncontent-length: 3\r\nexpect: 100-continue\r\n\r\n')
    await until('it to be asked for its body', () => waits.interim.length === 1)
    t.equal(endpoint.requests.length, 1)
    waits.send('abc')
    t.equal((await waits.response()).status, 200)
    long.send('x'.repeat(70_000))
    await until('it to reach the endpoint', () => endpoint.requests.some(({ target }) => target === '/long'))
    long.send('x'.repeat(29_998))
    t.equal((await long.response()).status, 200)
    t.equal(endpoint.requests.find(({ target }) => target === '/long')?.body.length, 100_000)
    first.send('cdefghij')
    t.equal((await first.response()).status, 200)
  },
)

scene(
  'who sends nothing more gets 408 and has taken no place',
  { upstream: { limits: { requests: 2 } }, listener: { timeouts: { body: '5s' } } },
  async (t, { gateway, endpoint }) => {
    const first = await gateway.client()
    first.request('GET /held')
    endpoint.script = () => {}
    await until('a request at the endpoint', () => endpoint.requests.length === 1)
    const client = await gateway.client()
    client.send(slow('/', 10))
    await until('its bytes', async () => (await gateway.metric('bytes_total', { direction: 'in' })) > slow('/', 10).length)
    gateway.advance(5200)
    t.equal((await client.response()).status, 408)
    t.equal(endpoint.requests.length, 1)
    await client.end()
  },
)

scene(
  'nothing is counted that is not there any more',
  { route: { retry: { attempts: 1 } } },
  async (t, { gateway, endpoint }) => {
    const large = 'x'.repeat(8_000_000)
    endpoint.script = (request, connection, phase) => {
      if (phase === 'end' && request.target === '/large') connection.answer(large)
      else if (phase === 'end' && request.target === '/reset') connection.socket.resetAndDestroy()
      else if (phase === 'end') connection.answer('')
    }
    for (let i = 0; i < 4; i++) {
      const client = await gateway.client()
      client.socket.pause()
      client.request('GET /large')
    }
    await until('clients that do not read to be counted', () => buffers.used >= 4 * 64 * 1024)
    const writers = await Promise.all(
      ['/', '/reset', '/', '/reset'].map(async (path) => ({ path, client: await gateway.client() })),
    )
    for (const { path, client } of writers) client.send(`PUT ${path} HTTP/1.1\r\nhost: a.test\r\ncontent-length: 3000\r\n\r\n`)
    for (const { client } of writers) client.send('y'.repeat(1500))
    writers[2]?.client.reset()
    for (const { client } of writers.slice(0, 2)) client.send('y'.repeat(1500))
    t.equal((await writers[0]?.client.response())?.status, 200)
    t.equal((await writers[1]?.client.response())?.status, 502)
  },
)

t.test('after all of it', async (t) => {
  t.equal(buffers.used, 0)
})
