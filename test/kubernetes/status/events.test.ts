// What is wrong is told once, told again while it lasts, and never more often than a cluster likes.

import t, { type Test } from 'tap'
import { Events } from '../../../src/kubernetes/status/events.ts'
import type { ObjectProblem, ObjectReport } from '../../../src/kubernetes/translation.ts'
import { refuse } from '../../support/fake-api-server.ts'
import { EVENTS, problem, type StatusScene, statusScene } from './status-scene.ts'

const MINUTE = 60_000
/** What is over before is not told. */
const SETTLED = 3000

function reportOf(name: string, problems: readonly ObjectProblem[], namespace = 'shop'): ObjectReport {
  const kind = { kind: 'Ingress', group: 'networking.k8s.io', version: 'v1', plural: 'ingresses' }
  return { object: { ...kind, namespace, name, uid: `uid-${name}` }, problems, status: null }
}

function tell(t: Test, scene: StatusScene, identity = 'gateway-1_abcd') {
  const state = { leads: true }
  const { client, environment, advance } = scene
  const events = new Events({ client: client(), environment, mayWrite: () => state.leads, identity })
  t.teardown(async () => {
    const stopped = events.stop()
    await advance(5000)
    await stopped
  })
  return { events, state }
}

interface Event {
  readonly metadata: { readonly name: string }
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly count: number
  readonly lastTimestamp: string
}

const eventsIn = ({ server }: StatusScene) => [...server.objects.values()] as unknown as Event[]
const inWords = (scene: StatusScene) =>
  eventsIn(scene).map(({ type, reason, message, count }) => `${type} ${reason} ${message} ${count}`)

t.test('an Event about a problem', async (t) => {
  const scene = await statusScene(t)
  const { events } = tell(t, scene)
  events.publish([reportOf('web', [problem('there is no Service shop/users')]), reportOf('fine', [])])
  await scene.advance(SETTLED)
  const [event] = eventsIn(scene)
  t.match(event, {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace: 'shop', name: /^web\.[0-9a-f]{16}$/ },
    type: 'Warning',
    reason: 'InvalidReference',
    message: 'spec.rules[0]: there is no Service shop/users',
    involvedObject: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', namespace: 'shop', name: 'web', uid: 'uid-web' },
    firstTimestamp: /^2026-01-01T00:00:0[23]Z$/,
    lastTimestamp: /^2026-01-01T00:00:0[23]Z$/,
    count: 1,
    source: { component: 'headgate', host: 'gateway-1_abcd' },
    reportingInstance: 'gateway-1_abcd',
  })
  t.equal(scene.server.asked.length, 1)
})

t.test('it is told again only so that it stays', async (t) => {
  const scene = await statusScene(t)
  const { events } = tell(t, scene)
  for (let i = 0; i < 20; i++) {
    events.publish([reportOf('web', [problem('a'), problem('b'), problem('a')])])
    await scene.advance(1000)
  }
  t.equal(scene.server.asked.length, 2, 'the same twice is one')
  await scene.advance(59 * MINUTE, MINUTE)
  t.equal(scene.server.count('PATCH'), 2, 'before an API server forgets it')
  t.same(inWords(scene).sort(), ['Warning InvalidReference spec.rules[0]: a 2', 'Warning InvalidReference spec.rules[0]: b 2'])
  scene.server.objects.clear()
  await scene.advance(31 * MINUTE, MINUTE)
  t.same(
    inWords(scene).sort(),
    ['Warning InvalidReference spec.rules[0]: a 1', 'Warning InvalidReference spec.rules[0]: b 1'],
    'it was forgotten',
  )
})

t.test('when it is over', async (t) => {
  const scene = await statusScene(t)
  const { events } = tell(t, scene)
  events.publish([reportOf('web', [problem('a')])])
  await scene.advance(SETTLED)
  events.publish([reportOf('web', [problem('b')])])
  await scene.advance(SETTLED)
  for (let i = 0; i < 3; i++) events.publish([reportOf('web', [])])
  await scene.advance(61 * MINUTE, MINUTE)
  t.same(inWords(scene), [
    'Warning InvalidReference spec.rules[0]: a 1',
    'Warning InvalidReference spec.rules[0]: b 1',
    'Normal Resolved everything that was wrong with it is mended 1',
  ])
  events.publish([reportOf('web', [problem('a')])])
  await scene.advance(SETTLED)
  events.publish([])
  await scene.advance(61 * MINUTE, MINUTE)
  t.equal(inWords(scene)[0], 'Warning InvalidReference spec.rules[0]: a 2')
  t.equal(scene.server.objects.size, 3, 'nothing is told of what is gone')
})

t.test('what is over at once is not told', async (t) => {
  const scene = await statusScene(t)
  const { events } = tell(t, scene)
  events.publish([reportOf('web', [problem('there is no Service shop/a'), problem('there is no Service shop/b')])])
  await scene.advance(1000)
  events.publish([reportOf('web', [problem('there is no Service shop/b')])])
  await scene.advance(2000)
  t.same(inWords(scene), ['Warning InvalidReference spec.rules[0]: there is no Service shop/b 1'], 'since two seconds')
  events.publish([reportOf('web', [problem('c')])])
  events.publish([reportOf('web', [])])
  await scene.advance(SETTLED)
  t.match(inWords(scene).slice(1), [/^Normal Resolved/], 'what was told is over, what was not is not told')
  for (const problems of [[problem('x')], [], []]) {
    events.publish([reportOf('other', problems)])
    await scene.advance(1000)
  }
  await scene.advance(61 * MINUTE, MINUTE)
  t.equal(scene.server.count('POST'), 2, 'nobody was told that anything was wrong')
})

t.test('where it is', async (t) => {
  const scene = await statusScene(t)
  const { events } = tell(t, scene)
  const at = (path: string, message = 'x') => ({ ...problem(message), path })
  events.publish([
    reportOf('web', [at('spec.rules[1]'), at('spec.rules[3]'), at('spec.rules[1]'), at('spec.tls[0]', 'y')]),
    reportOf('named', [at('headgate.dev/retry', 'headgate.dev/retry is wrong'), at('', 'z')]),
  ])
  await scene.advance(SETTLED)
  t.same(
    eventsIn(scene)
      .map(({ message }) => message)
      .sort(),
    ['headgate.dev/retry is wrong', 'spec.rules[1] and 1 more: x', 'spec.tls[0]: y', 'z'],
  )
})

t.test('only the leader tells, and the next one goes on', async (t) => {
  const scene = await statusScene(t)
  const one = tell(t, scene)
  const other = tell(t, scene, 'gateway-2_ef01')
  other.state.leads = false
  const reports = [reportOf('web', [problem('a')])]
  one.events.publish(reports)
  other.events.publish(reports)
  await scene.advance(SETTLED)
  t.equal(scene.server.asked.length, 1)
  one.state.leads = false
  other.state.leads = true
  other.events.tellAll()
  await scene.advance(SETTLED)
  t.same(inWords(scene), ['Warning InvalidReference spec.rules[0]: a 2'])
  one.state.leads = true
  one.events.tellAll()
  await scene.advance(SETTLED)
  t.same(inWords(scene), ['Warning InvalidReference spec.rules[0]: a 2'], 'what it told itself it need not tell')
})

t.test('never too many', async (t) => {
  const scene = await statusScene(t)
  const { events } = tell(t, scene)
  for (let i = 0; i < 100; i++) {
    events.publish([reportOf('web', [problem(`step ${i}`)])])
    await scene.advance(SETTLED)
  }
  const count = scene.server.count('POST')
  t.ok(count >= 25 && count <= 27, `${count} about one object`)
  events.publish(Array.from({ length: 200 }, (_, i) => reportOf(`other-${i}`, [problem('x')])))
  await scene.advance(SETTLED)
  t.ok(scene.server.count('POST') - count <= 70, `${scene.server.count('POST') - count} at once`)
  t.ok(scene.server.most <= 4)
  await scene.advance(30_000)
  t.equal(scene.server.count('POST') - count, 200)
})

t.test('of more than can be told a part is told', async (t) => {
  const scene = await statusScene(t)
  const { events } = tell(t, scene)
  const many = Array.from({ length: 5100 }, (_, i) => reportOf(`web-${i}`, [problem('x')]))
  events.publish(many)
  events.publish(many)
  await scene.advance(SETTLED)
  t.same(scene.said, ['warn too much is wrong to tell all of it by Events'])
  const count = scene.server.count('POST')
  t.ok(count >= 50 && count <= 60, `${count} at once`)
})

t.test('one object of which everything is wrong leaves room for others', async (t) => {
  const scene = await statusScene(t)
  const { events } = tell(t, scene)
  const many = Array.from({ length: 6000 }, (_, i) => problem(`path ${i} is wrong`))
  events.publish([reportOf('hostile', many), reportOf('web', [problem('there is no Service shop/users')])])
  for (let i = 0; i < 14; i++) await scene.advance(1000)
  t.equal(inWords(scene).filter((each) => /path \d+ is wrong/.test(each)).length, 25)
  t.match(inWords(scene).at(-1), /there is no Service shop\/users/)
})

t.test('names and texts that are too long', async (t) => {
  const scene = await statusScene(t)
  const { events } = tell(t, scene)
  const name = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(44)}.${'e'.repeat(16)}`
  events.publish([reportOf(name, [problem('ä'.repeat(2000))])])
  await scene.advance(SETTLED)
  const [event] = eventsIn(scene) as [Event]
  t.ok(event.metadata.name.length <= 253)
  t.match(event.metadata.name, /[a-z]\.[0-9a-f]{16}$/)
  t.ok(Buffer.byteLength(event.message) <= 1024)
  t.match(event.message, /^spec.rules.0.: ä+…$/)
})

t.test('no right, no namespace, no API server', async (t) => {
  const scene = await statusScene(t)
  const { events } = tell(t, scene)
  scene.server.intercept = (_, response) => refuse(response, 403, 'events is forbidden')
  const reports = Array.from({ length: 30 }, (_, i) => reportOf(`web-${i}`, [problem('x')]))
  events.publish(reports)
  await scene.advance(20 * MINUTE, MINUTE / 2)
  t.same(scene.said, ['error Kubernetes refuses: this account may not create and patch events: events is forbidden'])
  t.ok(scene.server.asked.length <= 24, `${scene.server.asked.length} tries in 20 minutes`)
  scene.server.intercept = (_, response) => refuse(response, 503, 'not now')
  const before = scene.server.asked.length
  await scene.advance(10 * MINUTE, MINUTE / 4)
  t.ok(scene.server.asked.length - before <= 80, `${scene.server.asked.length - before} tries in ten minutes`)
  scene.server.intercept = ({ path }, response) =>
    path.includes('/gone/') && refuse(response, 403, 'unable to create: the namespace gone is being terminated')
  events.publish([...reports, reportOf('leaving', [problem('x')], 'gone')])
  await scene.advance(10 * MINUTE, MINUTE / 4)
  t.equal(scene.server.objects.size, 30)
  t.equal(scene.server.count('POST', /\/gone\//), 1)
  t.equal(scene.server.count('POST', new RegExp(EVENTS)) + 1, scene.server.count('POST'))
})
