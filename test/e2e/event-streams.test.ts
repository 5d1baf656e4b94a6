// Server-sent events, long polls and bodies that trickle: each piece travels as soon as it is there, in both directions.

import { scene } from '../support/gateway.ts'
import type { EndpointConnection } from '../support/raw-endpoint.ts'
import { pause, until } from '../support/until.ts'

const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`

const WAYS: readonly (readonly [name: string, head: string, piece: (text: string) => string])[] = [
  ['in chunks', 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n', chunk],
  ['until the end', 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n', (text) => text],
  ['with a length', 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 1000\r\n\r\n', (text) => text],
]

for (const [name, head, piece] of WAYS) {
  for (const filters of [[], [{ responseHeaders: { set: { 'x-a': '1' } } }]]) {
    scene(
      `events, ${name}${filters.length > 0 ? ', behind a filter' : ''}`,
      { route: { filters } },
      async (t, { gateway, endpoint }) => {
        let stream = null as EndpointConnection | null
        endpoint.script = (_request, connection, phase) => {
          if (phase === 'head') return
          stream = connection
          connection.send(head)
        }
        const client = await gateway.client()
        let text = ''
        client.socket.on('data', (data) => {
          text += String(data)
        })
        client.request('GET /events', ['accept: text/event-stream'])
        await until('the head, before any event', () => text.includes('\r\n\r\n'))
        t.match(text, /content-type: text\/event-stream/)
        for (let i = 0; i < 5; i++) {
          const event = `data: ${i}\n\n`
          stream?.send(piece(event))
          await until(`event ${i}`, () => text.includes(event))
        }
        // Nobody says anything for as long as the route allows.
        gateway.advance(50_000)
        await pause(120)
        stream?.send(piece(': still there\n\n'))
        await until('the comment', () => text.includes('still there'))
        t.notOk(client.ended)
      },
    )
  }
}

scene('a long poll is answered when there is something to say', {}, async (t, { gateway, endpoint }) => {
  let poll = null as EndpointConnection | null
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') poll = connection
  }
  const client = await gateway.client()
  client.request('GET /poll')
  await endpoint.request()
  gateway.advance(55_000)
  await pause(120)
  t.equal(client.received, 0)
  poll?.answer('news')
  t.equal((await client.response()).body, 'news')
})

scene('a request body that trickles, and an answer that begins meanwhile', {}, async (t, { gateway, endpoint }) => {
  let stream = null as EndpointConnection | null
  endpoint.script = (_request, connection, phase) => {
    if (phase === 'end') return
    stream = connection
    connection.send('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
  }
  const client = await gateway.client()
  let text = ''
  client.socket.on('data', (data) => {
    text += String(data)
  })
  client.request('POST /chat', ['transfer-encoding: chunked'])
  await until('the head', () => text.includes('\r\n\r\n'))
  for (let i = 0; i < 3; i++) {
    client.send(chunk(`question ${i}`))
    await until('it at the endpoint', () => endpoint.requests[0]?.body.endsWith(`question ${i}`) === true)
    stream?.send(chunk(`answer ${i}`))
    await until('it at the client', () => text.includes(`answer ${i}`))
  }
  client.send('0\r\n\r\n')
  stream?.send('0\r\n\r\n')
  t.equal((await client.response()).body, 'answer 0answer 1answer 2')
})
