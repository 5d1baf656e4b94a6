// One worker's messages about upstreams: several changes in one, the latest of each upstream, never more than one under way.

import t from 'tap'
import type { EndpointSpec } from '../../src/model/endpoint.ts'
import { LatestUpdates } from '../../src/supervisor/latest-updates.ts'

const set = (address: string) => [{ address, weight: 1 }]

function worker() {
  const sent: string[] = []
  const waiting: PromiseWithResolvers<void>[] = []
  const updates = new LatestUpdates<readonly EndpointSpec[]>((sets) => {
    sent.push([...sets].map(([name, [first]]) => `${name}=${first?.address}`).join(' '))
    const answer = Promise.withResolvers<void>()
    waiting.push(answer)
    return answer.promise
  })
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
  return {
    sent,
    updates,
    turn,
    answer: () => waiting.shift()?.resolve(),
    lose: () => waiting.shift()?.reject(new Error('lost')),
  }
}

t.test('what changes while one is under way goes with the next one', async (t) => {
  const { sent, updates, turn, answer } = worker()
  updates.set('u', set('a:1'))
  updates.set('v', set('b:1'))
  await turn()
  t.same(sent, ['u=a:1 v=b:1'])
  updates.set('u', set('a:2'))
  updates.set('u', set('a:3'))
  await turn()
  t.equal(sent.length, 1, 'not before it is answered')
  answer()
  await turn()
  t.same(sent.slice(1), ['u=a:3'])
  answer()
  await turn()
  updates.set('v', set('b:2'))
  await turn()
  t.same(sent.slice(2), ['v=b:2'])
})

t.test('overtaken, and lost', async (t) => {
  const { sent, updates, turn, lose } = worker()
  updates.set('u', set('a:1'))
  await turn()
  updates.set('u', set('a:2'))
  updates.clear()
  lose()
  await turn()
  t.equal(sent.length, 1)
  updates.set('u', set('a:3'))
  await turn()
  t.same(sent.slice(1), ['u=a:3'], 'the next one is sent')
})

t.test('updates that add up are joined while they wait', async (t) => {
  const sent: string[] = []
  const updates = new LatestUpdates<string>(
    async (all) => sent.push([...all].map(([name, text]) => `${name}=${text}`).join(' ')),
    (before = '', update) => before + update,
  )
  updates.set('u', 'a')
  updates.set('u', 'b')
  updates.set('v', 'c')
  await new Promise<void>((resolve) => setImmediate(resolve))
  t.same(sent, ['u=ab v=c'])
})
