// One leader at a time, whatever becomes of the API server and of the leader.

import t, { type Test } from 'tap'
import { Leader } from '../../../src/kubernetes/status/leader.ts'
import type { RawLease } from '../../../src/kubernetes/status/lease.ts'
import { refuse } from '../../support/fake-api-server.ts'
import { type StatusScene, statusScene } from './status-scene.ts'

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/headgate/leases'
const LEASE = `${LEASES}/headgate`

function candidate(t: Test, { client, environment, advance }: StatusScene, identity: string) {
  const told: boolean[] = []
  const leader = new Leader({
    client: client(),
    environment,
    lease: { namespace: 'headgate', name: 'headgate' },
    identity,
    changed: (leads) => told.push(leads),
  })
  t.teardown(async () => {
    const stopped = leader.stop()
    await advance(5000)
    await stopped
  })
  return { leader, told }
}

const leaseOf = ({ server }: StatusScene) => (server.objects.get(LEASE) as unknown as RawLease).spec

t.test('the first one leads, and renews', async (t) => {
  const scene = await statusScene(t)
  const { leader, told } = candidate(t, scene, 'a')
  t.equal(leader.leader, false)
  await scene.settle()
  t.equal(leader.leader, true)
  t.same(leaseOf(scene), {
    holderIdentity: 'a',
    leaseDurationSeconds: 15,
    acquireTime: '2026-01-01T00:00:00.000000Z',
    renewTime: '2026-01-01T00:00:00.000000Z',
    leaseTransitions: 0,
  })
  await scene.advance(60_000)
  t.equal(leader.leader, true)
  t.same(told, [true])
  t.match(leaseOf(scene), { acquireTime: '2026-01-01T00:00:00.000000Z', renewTime: /00:00:5\d|00:01:00/, leaseTransitions: 0 })
  t.ok(scene.server.count('PUT') >= 20 && scene.server.count('PUT') <= 31, `${scene.server.count('PUT')} renewals`)
  t.equal(scene.server.count('GET'), 1, 'who leads does not have to look')
})

t.test('what others wrote into the Lease stays', async (t) => {
  const scene = await statusScene(t)
  scene.server.put(LEASE, { metadata: { namespace: 'headgate', labels: { app: 'x' } }, spec: { strategy: 'later' } })
  const { leader } = candidate(t, scene, 'a')
  await scene.settle()
  t.equal(leader.leader, true)
  t.match(scene.server.objects.get(LEASE), { metadata: { labels: { app: 'x' } }, spec: { strategy: 'later' } })
})

t.test('a second one waits for as long as the first renews, and takes over at once when that ends in order', async (t) => {
  const scene = await statusScene(t)
  const a = candidate(t, scene, 'a')
  await scene.settle()
  const b = candidate(t, scene, 'b')
  await scene.advance(60_000)
  t.same([a.leader.leader, b.leader.leader], [true, false])
  t.equal(scene.said.filter((line) => line.includes('another replica')).length, 1, 'said once')
  await a.leader.stop()
  t.equal(a.leader.leader, false)
  t.match(leaseOf(scene), { holderIdentity: '' })
  await scene.advance(4000)
  t.equal(b.leader.leader, true)
  t.match(leaseOf(scene), { holderIdentity: 'b', leaseTransitions: 1 })
  t.same([a.told, b.told], [[true, false], [true]])
})

t.test('a leader that dies is replaced when its Lease has run out, by the clock of whoever waits', async (t) => {
  const scene = await statusScene(t)
  // Its machine's clock is a year ahead.
  const spec = {
    holderIdentity: 'dead',
    leaseDurationSeconds: 15,
    renewTime: '2027-01-01T00:00:00.000000Z',
    leaseTransitions: 4,
  }
  scene.server.put(LEASE, { metadata: { namespace: 'headgate' }, spec })
  const { leader } = candidate(t, scene, 'a')
  await scene.advance(14_500)
  t.equal(leader.leader, false)
  await scene.advance(4500)
  t.equal(leader.leader, true)
  t.match(leaseOf(scene), { holderIdentity: 'a', leaseTransitions: 5 })
})

t.test('who cannot renew stops before anybody else begins', async (t) => {
  for (const how of ['refused', 'silent'] as const) {
    const scene = await statusScene(t)
    const a = candidate(t, scene, 'a')
    await scene.settle()
    const b = candidate(t, scene, 'b')
    await scene.advance(5000)
    scene.server.intercept = ({ method, body }, response) => {
      if (method !== 'PUT' || (body as RawLease).spec?.holderIdentity !== 'a') return false
      if (how === 'refused') refuse(response, 503, 'not now')
      return true
    }
    let stopped = 0
    let began = 0
    for (let i = 0; i < 100 && began === 0; i++) {
      await scene.advance(500)
      t.notOk(a.leader.leader && b.leader.leader, 'never two')
      if (!a.leader.leader && stopped === 0) stopped = scene.now()
      if (b.leader.leader) began = scene.now()
    }
    t.ok(stopped > 0 && began - stopped >= 3000, `${how}: ${began - stopped} ms between them`)
    t.same(a.told, [true, false])
    scene.server.intercept = () => false
  }
})

t.test('a process that stood still does not believe that it leads', async (t) => {
  const scene = await statusScene(t)
  const { leader } = candidate(t, scene, 'a')
  await scene.settle()
  const { deadlines } = scene.environment
  const { turn } = deadlines
  deadlines.turn = () => {}
  await scene.advance(10_001, 10_001)
  t.equal(leader.leader, false, 'before any timer could say so')
  deadlines.turn = turn
  await scene.advance(3000)
  t.equal(leader.leader, true, 'nobody took it')
  t.match(leaseOf(scene), { leaseTransitions: 0 })
})

t.test('two that begin together', async (t) => {
  const scene = await statusScene(t)
  const all = ['a', 'b', 'c'].map((name) => candidate(t, scene, name))
  await scene.advance(10_000)
  t.equal(all.filter(({ leader }) => leader.leader).length, 1)
  scene.server.put(LEASE, { metadata: { namespace: 'headgate' }, spec: { holderIdentity: 'z', leaseDurationSeconds: 15 } })
  await scene.advance(4000)
  t.equal(all.filter(({ leader }) => leader.leader).length, 0, 'somebody took it by force')
  await scene.advance(20_000)
  t.equal(all.filter(({ leader }) => leader.leader).length, 1)
})

t.test('no namespace, no right', async (t) => {
  const scene = await statusScene(t)
  scene.server.intercept = ({ method }, response) =>
    method === 'POST' && refuse(response, 404, 'namespaces "headgate" not found')
  const { leader } = candidate(t, scene, 'a')
  await scene.advance(120_000)
  t.equal(leader.leader, false)
  const missing = 'the namespace headgate of kubernetes.leaderElection does not exist'
  t.equal(leader.trouble, missing)
  t.same(scene.said, [`error it cannot be decided which replica writes statuses and Events: ${missing}`], 'said once')
  t.ok(scene.server.count('POST') < 12, `${scene.server.count('POST')} tries in two minutes`)
  scene.server.intercept = (_, response) => refuse(response, 403, 'leases is forbidden')
  await scene.advance(40_000)
  t.match(leader.trouble, /needs get, create and update of leases.coordination.k8s.io in the namespace headgate/)
  scene.server.intercept = () => false
  await scene.advance(40_000)
  t.equal(leader.trouble, '')
  t.equal(leader.leader, true)
})

t.test('an end does not wait for an API server that does not answer', async (t) => {
  const scene = await statusScene(t)
  const { leader } = candidate(t, scene, 'a')
  await scene.settle()
  scene.server.intercept = () => true
  await scene.advance(3000)
  const stopped = leader.stop()
  await scene.advance(5000)
  await stopped
  t.equal(leader.leader, false)
})

t.test('an end in the middle of a request lets go of what that brought', async (t) => {
  const scene = await statusScene(t)
  let answer = (): void => {}
  scene.server.intercept = (asked, response) => {
    if (asked.method !== 'POST') return false
    answer = () => void response.end(JSON.stringify(scene.server.put(LEASE, asked.body as object)))
    return true
  }
  const { leader, told } = candidate(t, scene, 'a')
  while (scene.server.count('POST') === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  const stopped = leader.stop()
  answer()
  await stopped
  t.match(leaseOf(scene), { holderIdentity: '' })
  t.equal(leader.leader, false)
  t.same(told, [true, false])
})
