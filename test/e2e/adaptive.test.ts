// The adaptive limit in a whole gateway: an endpoint that works on four requests at a time, and forty clients.

import type { ServerResponse } from 'node:http'
import t from 'tap'
import { startEndpoint } from '../supervisor/gateway-process.ts'
import { configOf, startGateway } from '../support/gateway.ts'
import { pause, until } from '../support/until.ts'

const CAPACITY = 4
const WORK_MS = 5
const CLIENTS = 40

t.test('adaptive', async (t) => {
  const queue: ServerResponse[] = []
  let working = 0
  let inside = 0
  let most = 0
  const next = (): void => {
    if (working === CAPACITY) return
    const response = queue.shift()
    if (response === undefined) return
    working++
    setTimeout(() => {
      working--
      inside--
      response.end('done')
      next()
    }, WORK_MS)
  }
  const address = await startEndpoint(t, (_request, response) => {
    inside++
    most = Math.max(most, inside)
    queue.push(response)
    next()
  })
  const upstream = { adaptive: { minLimit: 2, maxLimit: 30 } }
  const gateway = await startGateway(t, configOf([address], { upstream, top: { admin: { bind: '127.0.0.1:0' } } }))
  const limitNow = async (): Promise<number> => {
    const { upstreams } = (await (await fetch(`${gateway.admin}/upstreams`)).json()) as { upstreams: { limit: number }[] }
    return upstreams[0]?.limit as number
  }
  t.equal(await limitNow(), 20, 'where it begins')

  const answers = new Map<string, number>()
  let stop = false
  const load = async (enough: () => boolean): Promise<void> => {
    const client = await gateway.client()
    while (!enough()) {
      const { status, fields } = await client.ask('GET /')
      const key = `${status} ${fields['x-headgate-reason'] ?? ''}`.trim()
      answers.set(key, (answers.get(key) ?? 0) + 1)
      if (status === 503) await pause(20)
    }
  }
  // What answers take without a queue is known first.
  await Promise.all([1, 2].map(() => load(() => (answers.get('200') ?? 0) > 150)))
  const all = Promise.all(Array.from({ length: CLIENTS }, () => load(() => stop)))
  await until('a limit near what the endpoint can do', async () => (await limitNow()) <= 15)
  stop = true
  await all
  t.strictSame([...answers.keys()].sort(), ['200', '503 limit-pending'])
  t.ok((answers.get('200') as number) > CLIENTS)
  t.ok(most <= 30, 'never above maxLimit')
  const limit = await limitNow()
  t.equal(await gateway.metric('upstream_limit', { upstream: 'all' }), limit)

  await gateway.apply(configOf([address], { upstream: { adaptive: 'off' }, top: { admin: { bind: '127.0.0.1:0' } } }))
  t.equal(await gateway.metric('upstream_limit'), 0, 'without it there is no series')
})
