// Objects of our own are made once, mended where they differ, and nobody is pestered.

import t, { type Test } from 'tap'
import { keepOwned, type Manifest, ownedManifest } from '../../../src/kubernetes/owned-object.ts'
import { ObjectWriter } from '../../../src/kubernetes/status/object-writer.ts'
import type { ObjectIntent } from '../../../src/kubernetes/translation.ts'
import { refuse } from '../../support/fake-api-server.ts'
import type { Asked } from '../../support/fake-object-server.ts'
import { statusScene } from './status-scene.ts'

const SERVICES = '/api/v1/namespaces/shop/services'
const OWNER = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', name: 'edge', uid: 'uid-edge' }

const wanted = (name: string, spec: object = { type: 'ClusterIP' }, labels: Record<string, string> = {}): Manifest =>
  ownedManifest(
    { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name },
    { controller: 'headgate.dev/gateway', owner: OWNER, labels, annotations: {} },
    { spec },
  )

async function scene(t: Test) {
  const scene = await statusScene(t)
  const { server, advance } = scene
  const state = { leads: true, answer: 200 }
  /** An API server that applies: what it is sent is what there is. */
  server.intercept = ({ method, path, body }: Asked, response) => {
    if (state.answer !== 200) {
      refuse(response, state.answer, 'no')
      return true
    }
    const place = path.split('?')[0] as string
    if (method === 'DELETE') {
      server.objects.delete(place)
      response.end('{}')
      return true
    }
    if (method !== 'PATCH') return false
    response.end(JSON.stringify(server.put(place, { ...(body as object), status: { filled: 'in' } })))
    return true
  }
  const writer = new ObjectWriter({ client: scene.client(), environment: scene.environment, mayWrite: () => state.leads })
  t.teardown(async () => {
    const stopped = writer.stop()
    await advance(5000)
    await stopped
  })
  const intent = (name: string, manifest: Manifest | null): ObjectIntent => {
    const there = server.objects.get(`${SERVICES}/${name}`)
    const current = there === undefined ? null : keepOwned(there)
    const object = {
      kind: 'Service',
      group: '',
      version: 'v1',
      plural: 'services',
      namespace: 'shop',
      name,
      uid: current?.uid ?? '',
    }
    return { object, current, wanted: manifest }
  }
  return { ...scene, writer, state, intent, writes: () => server.asked.length }
}

t.test('made once; its echo writes nothing', async (t) => {
  const { writer, intent, writes, settle, advance, server } = await scene(t)
  for (let i = 0; i < 10; i++) writer.publish([intent('a', wanted('a'))])
  await settle()
  t.equal(writes(), 1)
  t.match(server.asked[0], {
    method: 'PATCH',
    path: `${SERVICES}/a?fieldManager=headgate&force=true`,
    body: { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a', namespace: 'shop', resourceVersion: undefined } },
  })
  writer.publish([intent('a', wanted('a'))])
  await advance(120_000)
  t.equal(writes(), 1)
})

t.test('what differs is mended, by its version', async (t) => {
  const { writer, intent, writes, settle, server } = await scene(t)
  writer.publish([intent('a', wanted('a'))])
  await settle()
  const place = `${SERVICES}/a`
  const there = server.objects.get(place) as object
  const seen = server.put(place, { ...there, spec: { type: 'NodePort' } })
  writer.publish([intent('a', wanted('a'))])
  await settle()
  t.equal(writes(), 2)
  t.match(server.asked[1]?.body, { metadata: { resourceVersion: seen.metadata.resourceVersion }, spec: { type: 'ClusterIP' } })
  // What is not asked for any more is noticed by the digest.
  writer.publish([intent('a', wanted('a', { type: 'ClusterIP' }, { team: 'shop' }))])
  await settle()
  writer.publish([intent('a', wanted('a'))])
  await settle()
  t.equal(writes(), 4)
  t.notMatch(server.objects.get(place), { metadata: { labels: { team: 'shop' } } })
})

t.test('what was seen before the echo came', async (t) => {
  const { writer, intent, writes, settle, server } = await scene(t)
  writer.publish([intent('a', wanted('a'))])
  await settle()
  const before = intent('a', wanted('a', { type: 'NodePort' }))
  writer.publish([before])
  await settle()
  t.equal(writes(), 2)
  // As it was before the second write, and not as it is.
  writer.publish([{ ...before, wanted: wanted('a', { type: 'ClusterIP' }) }])
  await settle()
  t.equal(writes(), 3)
  t.notSame(server.asked[2]?.body, server.asked[1]?.body)
  const [, second, third] = server.asked.map(({ body }) =>
    Number((body as { metadata: { resourceVersion: string } }).metadata.resourceVersion),
  )
  t.ok((third as number) > (second as number), 'by the version that was written')
})

t.test('removed, and only what was looked at', async (t) => {
  const { writer, intent, settle, server, writes, advance } = await scene(t)
  writer.publish([intent('a', null)])
  await settle()
  t.equal(writes(), 0, 'there is nothing')
  const { metadata } = server.put(`${SERVICES}/a`, wanted('a'))
  const seen = intent('a', null)
  writer.publish([seen])
  await settle()
  t.match(server.asked, [
    {
      method: 'DELETE',
      path: `${SERVICES}/a`,
      body: { preconditions: { uid: metadata.uid, resourceVersion: metadata.resourceVersion } },
    },
  ])
  writer.publish([{ ...seen }])
  await advance(10_000)
  t.equal(writes(), 1, 'not twice')
})

t.test('lost, taken away, or never seen again', async (t) => {
  const { writer, intent, writes, settle, advance, server } = await scene(t)
  writer.publish([intent('a', wanted('a'))])
  await settle()
  writer.publish([intent('a', wanted('a'))])
  server.objects.clear()
  writer.publish([intent('a', wanted('a'))])
  await settle()
  t.equal(writes(), 2, 'what was seen and is not there any more is made anew')
  server.objects.clear()
  const nothing = intent('a', wanted('a'))
  writer.publish([nothing])
  await advance(20_000)
  t.equal(writes(), 2, 'what has not been seen yet may come')
  await advance(20_000)
  t.equal(writes(), 3, 'and then it is missed')
})

t.test('only the leader writes', async (t) => {
  const { writer, intent, state, writes, settle } = await scene(t)
  state.leads = false
  writer.publish([intent('a', wanted('a'))])
  await settle()
  t.equal(writes(), 0)
  state.leads = true
  writer.writeAll()
  await settle()
  t.equal(writes(), 1)
})

t.test('what it may not do is told once, and tried again', async (t) => {
  const { writer, intent, state, writes, said, settle, advance } = await scene(t)
  state.answer = 403
  writer.publish([intent('a', wanted('a')), intent('b', wanted('b'))])
  await settle()
  t.same(said, ['error Kubernetes refuses: this account may not create and patch services in the namespace shop: no'])
  await advance(60_000)
  t.equal(writes(), 2)
  state.answer = 200
  await advance(20_000)
  t.equal(writes(), 4)
  t.same(said.slice(1), ['info an object was written', 'info an object was written'])
})

for (const [status, most] of [
  [409, 12],
  [422, 4],
  [500, 12],
  [404, 2],
] as const)
  t.test(`answers of ${status} are not fought against`, async (t) => {
    const { writer, intent, state, writes, advance } = await scene(t)
    state.answer = status
    writer.publish([intent('a', wanted('a'))])
    await advance(90_000)
    t.ok(writes() >= 2 && writes() <= most, `${writes()} tries in 90 s`)
    state.answer = 200
    await advance(60_000)
    const count = writes()
    writer.publish([intent('a', wanted('a'))])
    await advance(60_000)
    t.equal(writes(), count, 'it is written, and that is all')
  })

t.test('whoever writes the opposite does not keep everybody busy', async (t) => {
  const { writer, intent, writes, advance, server } = await scene(t)
  for (let i = 0; i < 200; i++) {
    writer.publish([intent('a', wanted('a'))])
    await advance(100, 100)
    const there = server.objects.get(`${SERVICES}/a`)
    if (there !== undefined) server.put(`${SERVICES}/a`, { ...there, spec: { type: 'NodePort', i } })
  }
  t.ok(writes() <= 15, `${writes()} writes in 20 s`)
})
