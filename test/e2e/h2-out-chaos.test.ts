// HTTP/2 endpoints and clients that do anything at any time: every request has an end, and nothing stays behind.

import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { seeded } from '../../src/explain/seeded.ts'
import { configOf, startGateway } from '../support/gateway.ts'
import { pause, until } from '../support/until.ts'

t.test('chaos', async (t) => {
  const random = seeded(7)
  const chance = (share: number) => random() < share
  const sessions = new Set<ServerHttp2Session>()
  const answer = (stream: ServerHttp2Stream) => {
    stream.on('error', () => {})
    if (chance(0.05)) return stream.close(7)
    if (chance(0.05)) return stream.destroy()
    if (chance(0.02)) return stream.session?.goaway(chance(0.5) ? 0 : 2)
    if (chance(0.02)) return stream.session?.destroy()
    if (chance(0.02)) return stream.session?.close()
    if (chance(0.1)) stream.additionalHeaders({ ':status': 103 })
    stream.respond({ ':status': 200 }, { waitForTrailers: chance(0.3) })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-a': 'b' }))
    if (chance(0.3)) stream.write('x'.repeat(Math.floor(random() * 200_000)))
    if (chance(0.05)) return stream.close(2)
    if (chance(0.1)) return setTimeout(() => stream.end('late'), 5)
    return stream.end('body')
  }
  const servers = [1, 3, 100].map((maxConcurrentStreams) => {
    const server = createServer({ settings: { maxConcurrentStreams } })
    server.on('session', (session) => {
      sessions.add(session)
      session.on('error', () => {})
    })
    server.on('stream', (stream: ServerHttp2Stream) => {
      stream.resume()
      stream.on('error', () => {})
      setTimeout(() => {
        if (!stream.destroyed) answer(stream)
      }, random() * 5)
    })
    return server
  })
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))))
  t.teardown(() => {
    for (const session of sessions) session.destroy()
    for (const server of servers) server.close()
  })
  const gateway = await startGateway(
    t,
    configOf(
      servers.map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`),
      {
        upstream: { protocol: 'h2', limits: { connections: 20 }, connection: { maxRequests: 30 } },
        route: { timeout: { attempt: '1s' }, retry: { attempts: 2, budget: '100%' } },
      },
    ),
  )
  let answered = 0
  const user = async () => {
    for (let i = 0; i < 25; i++) {
      const client = await gateway.client()
      const body = chance(0.4) ? 'y'.repeat(Math.floor(random() * 100_000)) : ''
      client.request(chance(0.5) ? 'GET /' : 'POST /', [`content-length: ${body.length}`], body)
      if (chance(0.1)) await pause(random() * 4)
      else await until('an end', () => client.responses.some(({ complete }) => complete) || client.closed || client.ended)
      if (client.responses[0]?.status === 200) answered++
      client.destroy()
    }
  }
  await Promise.all(Array.from({ length: 12 }, user))
  t.ok(answered > 100, `${answered} answers`)
  gateway.closeClients()
  let running: Record<string, number> = {}
  await until('everything to end', async () => {
    running = await gateway.running()
    return Object.values(running).every((value) => value === 0)
  }).catch(() => {})
  t.strictSame(Object.values(running), [0, 0, 0, 0], JSON.stringify(running))
})
