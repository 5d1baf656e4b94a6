// Statuses are written once where they differ, and never in circles.

import t, { type Test } from 'tap'
import { StatusWriter } from '../../../src/kubernetes/status/status-writer.ts'
import type { ObjectReport } from '../../../src/kubernetes/translation.ts'
import { refuse } from '../../support/fake-api-server.ts'
import type { FakeObject } from '../../support/fake-object-server.ts'
import { INGRESSES, reportOf, statusScene } from './status-scene.ts'

const condition = (status: 'True' | 'False', more: object = {}) => ({
  type: 'Accepted',
  status,
  reason: 'Accepted',
  message: '',
  ...more,
})

async function scene(t: Test) {
  const scene = await statusScene(t)
  const { server, advance } = scene
  const state = { leads: true }
  const writer = new StatusWriter({ client: scene.client(), environment: scene.environment, mayWrite: () => state.leads })
  t.teardown(async () => {
    const stopped = writer.stop()
    await advance(5000)
    await stopped
  })
  const at = (name: string) => server.objects.get(`${INGRESSES}/${name}`) as FakeObject
  return {
    ...scene,
    writer,
    state,
    at,
    add: (name: string, status: unknown = {}) =>
      server.put(`${INGRESSES}/${name}`, { metadata: { namespace: 'shop' }, spec: {}, status }),
    /** What an informer would see of all there are. */
    reports: (wanted: (object: FakeObject) => unknown): ObjectReport[] =>
      [...server.objects.values()].map((object) => reportOf(object, wanted(object))),
    writes: () => server.count('PATCH'),
  }
}

t.test('what differs is written, and its echo writes nothing', async (t) => {
  const { writer, add, at, reports, writes, settle, advance, server } = await scene(t)
  for (let i = 0; i < 100; i++) add(`web-${i}`)
  const wanted = () => ({ conditions: [condition('True')] })
  writer.publish(reports(wanted))
  // While they are written the informer brings one echo after the other.
  for (let i = 0; i < 20; i++) {
    await new Promise(setImmediate)
    writer.publish(reports(wanted))
  }
  await settle()
  t.equal(writes(), 100)
  t.ok(server.most <= 8, `${server.most} at a time`)
  t.same(at('web-0').status, { conditions: [condition('True', { lastTransitionTime: '2026-01-01T00:00:00Z' })] })
  writer.publish(reports(wanted))
  await advance(60_000)
  writer.publish(reports(wanted))
  writer.writeAll()
  await advance(60_000)
  t.equal(writes(), 100)
  t.equal(server.asked.length, 100, 'nor is anything read')
})

t.test('an echo that is late is known', async (t) => {
  const { writer, add, at, writes, settle } = await scene(t)
  const before = add('web')
  const wanted = { conditions: [condition('True')] }
  writer.publish([reportOf(before, wanted)])
  await settle()
  writer.publish([reportOf(before, { ...wanted })])
  await settle()
  t.equal(writes(), 1, 'what was written counts')
  writer.publish([reportOf(before, { conditions: [condition('False')] })])
  await settle()
  t.equal(writes(), 2, 'what is wanted by now is written on top of it, without a conflict')
  t.match(at('web').status, { conditions: [{ status: 'False' }] })
})

t.test('a condition keeps its time while its status stays the same', async (t) => {
  const { writer, add, at, settle, advance } = await scene(t)
  const then = '2020-02-02T00:00:00Z'
  const parent = (name: string, conditions: object[]) => ({
    parentRef: { name },
    controllerName: 'headgate.dev/gateway',
    conditions,
  })
  const others = {
    parentRef: { name: 'a' },
    controllerName: 'example.com/other',
    conditions: [condition('True', { lastTransitionTime: then })],
  }
  const before = add('web', {
    parents: [
      others,
      parent('a', [condition('True', { lastTransitionTime: then })]),
      parent('b', [condition('True', { lastTransitionTime: then })]),
    ],
  })
  await advance(1000)
  const wanted = {
    parents: [
      parent('b', [condition('False')]),
      others,
      parent('a', [condition('True', { message: 'better' }), { ...condition('True'), type: 'Programmed' }]),
    ],
  }
  writer.publish([reportOf(before, wanted)])
  await settle()
  const now = '2026-01-01T00:00:01Z'
  t.same(at('web').status, {
    parents: [
      parent('b', [condition('False', { lastTransitionTime: now })]),
      others,
      parent('a', [
        condition('True', { message: 'better', lastTransitionTime: then }),
        { ...condition('True'), type: 'Programmed', lastTransitionTime: now },
      ]),
    ],
  })
})

t.test('what the API server adds is not fought', async (t) => {
  const { writer, at, add, reports, writes, settle, server } = await scene(t)
  add('web')
  server.intercept = ({ method, body, path }, response) => {
    if (method !== 'PATCH') return false
    const { status } = body as { status: { parents: object[] } }
    const place = path.replace(/\/status$/, '')
    const filled = { ...status, parents: status.parents.map((parent) => ({ group: 'by default', ...parent })) }
    response.end(JSON.stringify(server.put(place, { ...server.objects.get(place), status: filled })))
    return true
  }
  const wanted = () => ({ parents: [{ name: 'a' }], more: undefined })
  for (let i = 0; i < 5; i++) {
    writer.publish(reports(wanted))
    await settle()
  }
  t.equal(writes(), 1)
  t.match(at('web').status, { parents: [{ group: 'by default' }] })
  server.put(`${INGRESSES}/web`, { ...at('web'), status: {} })
  writer.publish(reports(wanted))
  await settle()
  t.equal(writes(), 2, 'who takes it away is told again')
})

t.test('only the leader writes, and a new one all that differs', async (t) => {
  const { writer, add, state, reports, writes, settle } = await scene(t)
  state.leads = false
  add('wrong', { loadBalancer: { ingress: [{ ip: '192.0.2.9' }] } })
  add('right', { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } })
  writer.publish(reports(() => ({ loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } })))
  await settle()
  t.equal(writes(), 0)
  state.leads = true
  writer.writeAll()
  await settle()
  t.equal(writes(), 1)
})

t.test('the latest wins, also over what is on its way', async (t) => {
  const { writer, add, at, writes, settle, server } = await scene(t)
  const before = add('web')
  let answer = (): void => {}
  server.intercept = ({ method, path, body }, response) => {
    if (method !== 'PATCH' || writes() > 1) return false
    const place = path.replace(/\/status$/, '')
    answer = () =>
      void response.end(
        JSON.stringify(server.put(place, { ...server.objects.get(place), status: (body as FakeObject).status })),
      )
    return true
  }
  writer.publish([reportOf(before, { step: 1 })])
  await settle()
  for (const step of [2, 3, 4]) writer.publish([reportOf(before, { step })])
  answer()
  while (writes() < 2) await new Promise(setImmediate)
  await settle()
  t.same(at('web').status, { step: 4 })
  t.equal(writes(), 2)
})

t.test('rate', async (t) => {
  const { writer, add, reports, writes, settle, advance } = await scene(t)
  for (let i = 0; i < 300; i++) add(`web-${i}`)
  writer.publish(reports(() => ({ step: 1 })))
  await settle()
  t.ok(writes() >= 100 && writes() <= 108, `${writes()} at once`)
  await advance(2000)
  t.ok(writes() >= 180 && writes() <= 210, `${writes()} after two seconds`)
  await advance(4000)
  t.equal(writes(), 300)
})

t.test('of one object that somebody else writes too', async (t) => {
  const { writer, add, at, writes, reports, advance, server } = await scene(t)
  add('web')
  for (let i = 0; i < 200; i++) {
    writer.publish(reports(() => ({ mine: true })))
    await advance(100, 100)
    server.put(`${INGRESSES}/web`, { ...at('web'), status: { theirs: i } })
  }
  t.ok(writes() <= 32, `${writes()} in 20 s`)
})

t.test('a conflict', async (t) => {
  const { writer, add, at, reports, writes, settle, advance, server } = await scene(t)
  const old = add('web')
  // Its spec changes, which nobody here looks at: no publish follows.
  server.put(`${INGRESSES}/web`, { ...at('web'), spec: { other: true } })
  writer.publish([reportOf(old, { step: 1 })])
  await settle()
  t.equal(writes(), 1)
  await advance(5000)
  t.same(at('web').status, { step: 1 })
  t.match(at('web').spec, { other: true })
  t.equal(writes(), 2)

  // Somebody changes the status: what is wanted was made from another one.
  const seen = at('web')
  server.put(`${INGRESSES}/web`, { ...at('web'), status: { step: 1, theirs: true } })
  writer.publish([reportOf(seen, { step: 2 })])
  await advance(120_000)
  t.same(at('web').status, { step: 1, theirs: true }, 'it is not overwritten')
  t.ok(server.count('GET') < 12, `${server.count('GET')} looks in two minutes`)
  writer.publish(reports(() => ({ step: 2, theirs: true })))
  await settle()
  t.same(at('web').status, { step: 2, theirs: true }, 'but written when it was looked at')
})

t.test('an object that is gone, or another one of the same name', async (t) => {
  const { writer, add, at, reports, writes, settle, advance, server } = await scene(t)
  const old = add('web')
  server.objects.clear()
  writer.publish([reportOf(old, { step: 1 })])
  await advance(120_000)
  t.equal(writes(), 1)
  add('web')
  writer.publish([reportOf(old, { step: 2 })])
  await advance(10_000)
  t.same(at('web').status, {}, 'not what was meant for the former one')
  writer.publish(reports(() => ({ step: 3 })))
  await settle()
  t.same(at('web').status, { step: 3 })
})

t.test('no right', async (t) => {
  const { writer, add, at, reports, writes, said, settle, advance, server } = await scene(t)
  for (let i = 0; i < 50; i++) add(`web-${i}`)
  server.intercept = (_, response) => refuse(response, 403, 'no')
  writer.publish(reports(() => ({ step: 1 })))
  await settle()
  await advance(50_000)
  t.same(said, [
    'error Kubernetes refuses: this account may not patch ingresses/status.networking.k8s.io in the namespace shop: no',
  ])
  t.ok(writes() <= 16, `${writes()} tries`)
  await advance(200_000)
  t.ok(writes() <= 80, `${writes()} tries`)
  t.equal(said.length, 1)
  server.intercept = () => false
  await advance(200_000)
  t.same(at('web-7').status, { step: 1 })
})

t.test('an API server that does not answer, or refuses one', async (t) => {
  const { writer, add, at, reports, writes, said, settle, advance, server } = await scene(t)
  for (let i = 0; i < 20; i++) add(`web-${i}`)
  server.intercept = (_, response) => refuse(response, 503, 'not now')
  writer.publish(reports(() => ({ step: 1 })))
  await settle()
  await advance(60_000)
  t.ok(writes() <= 80, `${writes()} tries in a minute`)
  t.equal(said.length, 1)
  server.intercept = ({ path }, response) => path.includes('web-3/') && refuse(response, 422, 'status.step: Invalid value')
  await advance(60_000)
  t.equal([...server.objects.values()].filter(({ status }) => (status as { step?: number }).step === 1).length, 19)
  t.same(at('web-3').status, {})
  const tries = writes()
  await advance(600_000)
  t.equal(writes(), tries, 'what is refused is not tried again')
  t.match(said[1], /a status was refused by the API server: status.step: Invalid value/)
})

t.test('the end', async (t) => {
  const { writer, add, reports, writes, settle, advance } = await scene(t)
  for (let i = 0; i < 200; i++) add(`web-${i}`)
  writer.publish(reports(() => ({ step: 1 })))
  await writer.stop()
  const done = writes()
  writer.publish(reports(() => ({ step: 2 })))
  writer.writeAll()
  await settle()
  await advance(10_000)
  t.equal(writes(), done)
})
