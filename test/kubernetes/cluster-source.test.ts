// What translators are shown of a cluster: everything or nothing at first, the last good state for ever, and the same objects for as long
// as they are the same.

import { Agent, type ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { ApiClient } from '../../src/kubernetes/api-client.ts'
import { ClusterSource } from '../../src/kubernetes/cluster-source.ts'
import { Informers } from '../../src/kubernetes/informers.ts'
import type { RawObject, Resource } from '../../src/kubernetes/resource.ts'
import type { ClusterView, Translation, Translator } from '../../src/kubernetes/translation.ts'
import { Deadlines } from '../../src/model/deadlines.ts'
import { type Fake, type FakeApiServer, refuse, startFakeApiServer } from '../support/fake-api-server.ts'
import { translation } from '../support/translations.ts'
import { pause, until } from '../support/until.ts'

/** The server has the same objects of every kind. */
const kind = (plural: string, more: object = {}): Resource<Fake & RawObject, string> => ({
  kind: plural,
  group: 'test.dev',
  version: 'v1',
  plural,
  namespaced: true,
  prune: ({ value }, before) => (before === undefined ? value : `${value} after ${before.split(' ')[0]}`),
  ...more,
})

const [A, B, BESIDE] = [kind('as'), kind('bs', { fieldSelector: 'type!=x' }), kind('besides')]
const SURROUNDINGS = { listeners: new Map(), unusable: new Map(), plugins: new Map() }

async function scene(t: Test, before: (server: FakeApiServer) => void = () => {}) {
  const server = await startFakeApiServer(t)
  before(server)
  let ahead = 0
  const deadlines = new Deadlines({ now: () => performance.now() + ahead, wall: () => 0 })
  const turning = setInterval(() => deadlines.turn(), 5)
  const agent = new Agent({ keepAlive: true })
  const identity = {
    url: new URL(server.url),
    access: async () => ({ agent, headers: {} }),
    stale: () => false,
    close: () => {},
  }
  const said: string[] = []
  const environment = { deadlines, random: () => 0, log: (_level: string, message: string) => said.push(message) }
  const informers = new Informers(new ApiClient({ load: async () => identity, deadlines }), [], environment)
  const views: ClusterView[] = []
  const result = { now: translation({}) as Translation | Error }
  const translator = (resources: unknown): Translator => ({
    source: 'ingress',
    resources: resources as Translator['resources'],
    translate(view) {
      views.push(view)
      if (result.now instanceof Error) throw result.now
      return result.now
    },
  })
  let changes = 0
  const source = new ClusterSource({
    informers,
    translators: [translator([A, B])],
    beside: [BESIDE, A] as never,
    changed: () => changes++,
  })
  t.teardown(() => {
    source.stop()
    informers.stop()
    agent.destroy()
    clearInterval(turning)
  })
  const shown = (resource: Resource<never, string> = A as never) =>
    [...(views.at(-1)?.objects(resource) ?? [])].map((each) => each.join('='))
  return {
    server,
    source,
    views,
    said,
    result,
    shown,
    changes: () => changes,
    advance: (ms: number) => {
      ahead += ms
      deadlines.turn()
    },
  }
}

t.test('all kinds, and then what changes', async (t) => {
  const asked: string[] = []
  const { server, source, views, shown, changes } = await scene(t, (server) => {
    server.put('one', '1')
    server.intercept = (query, _response, path) => {
      asked.push(`${path.split('/').at(-1)} ${query.get('fieldSelector') ?? ''}`.trim())
      return false
    }
  })
  t.notOk(source.known)
  t.same(
    [...source.awaited()],
    [
      ['as', ''],
      ['bs', ''],
      ['besides', ''],
    ],
  )
  await until('it is known', () => source.known)
  t.same([...new Set(asked)].sort(), ['as', 'besides', 'bs type!=x'])
  t.same([...source.awaited()], [])
  const first = source.translate(SURROUNDINGS)
  t.same([shown(), shown(B as never)], [['a/one=1'], ['a/one=1']])
  t.equal(source.translate(SURROUNDINGS)[0], first[0])
  t.equal(views.length, 1, 'nothing has changed')
  const before = views[0]?.objects(A)
  await until('it watches', () => server.open === 3)
  const count = changes()
  server.put('one', '2')
  await until('it is told', () => changes() > count)
  source.translate(SURROUNDINGS)
  t.same(shown(), ['a/one=2 after 1'], 'what was kept before is known')
  t.same([...(before ?? [])].flat(), ['a/one', '1'], 'what was shown does not change')
  source.translate({ ...SURROUNDINGS, unusable: new Map([['x', 'y']]) })
  t.equal(views.length, 3, 'nor around it')
})

t.test('a kind beside that changes is nobody’s business', async (t) => {
  const { server, source, changes } = await scene(t)
  await until('it is known', () => source.known)
  await until('it watches', () => server.open === 3)
  const count = changes()
  const besides = server.watches.findIndex((watch) => watch.req.url?.includes('/besides'))
  server.watches[besides]?.write(
    `${JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'x', namespace: 'a', resourceVersion: '999' }, value: '1' } })}\n`,
  )
  await pause(50)
  t.equal(changes(), count)
})

t.test('a kind that is refused is as good as empty, until it is allowed', async (t) => {
  const waiting: ServerResponse[] = []
  const { server, source, shown, advance, changes } = await scene(t, (server) => {
    server.put('one', '1')
    server.intercept = (_query, response, path) => path.includes('/bs') && waiting.push(response) > 0
  })
  await until('the others are known', () => source.awaited().size === 1 && waiting.length === 1)
  await pause(20)
  const heard = changes()
  refuse(waiting[0] as ServerResponse, 403, 'no')
  await until('that is told', () => changes() > heard)
  t.ok(source.known)
  source.translate(SURROUNDINGS)
  t.same([shown(), shown(B as never)], [['a/one=1'], []])
  server.intercept = () => false
  const count = changes()
  advance(20_000)
  await until('it is told', () => changes() > count)
  source.translate(SURROUNDINGS)
  t.same(shown(B as never), ['a/one=1'])
})

t.test('an API server that does not answer', async (t) => {
  const { server, source } = await scene(t, (server) => {
    server.intercept = (_query, response) => refuse(response, 500, 'broken')
  })
  await until('it is said', () => [...source.awaited().values()].every((trouble) => /broken/.test(trouble)))
  t.notOk(source.known)
  server.intercept = () => false
  await until('it is known', () => source.known)
  server.intercept = (_query, response) => refuse(response, 500, 'broken')
  server.endWatches('cut')
  await pause(20)
  t.ok(source.known, 'once known, it is the last good state that counts')
})

t.test('a translator that throws', async (t) => {
  const { server, source, result, said, changes } = await scene(t, (server) => server.put('one', '1'))
  await until('it is known', () => source.known)
  result.now = new Error('no such luck')
  t.same(source.translate(SURROUNDINGS)[0]?.routes, [])
  source.translate(SURROUNDINGS)
  t.equal(said.filter((message) => /cannot be translated/.test(message)).length, 1, 'said once')
  result.now = translation({})
  const [good] = source.translate(SURROUNDINGS)
  t.equal(good, result.now)
  result.now = new Error('no such luck')
  await until('it watches', () => server.open === 3)
  const count = changes()
  server.put('one', '2')
  await until('it is told', () => changes() > count)
  t.equal(source.translate(SURROUNDINGS)[0], good, 'what there was before stays')
  t.equal(said.filter((message) => /cannot be translated/.test(message)).length, 2)
})
