// List and watch against an API server that does what it should not: an informer stays in step or says why it is not.

import { Agent, type ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { ApiClient } from '../../src/kubernetes/api-client.ts'
import type { Change } from '../../src/kubernetes/informer.ts'
import { Informers } from '../../src/kubernetes/informers.ts'
import type { RawObject, Resource } from '../../src/kubernetes/resource.ts'
import { Deadlines } from '../../src/model/deadlines.ts'
import { type Fake, type FakeApiServer, refuse, startFakeApiServer } from '../support/fake-api-server.ts'
import { pause, until } from '../support/until.ts'

const FAKES: Resource<Fake & RawObject, string> = {
  kind: 'Fake',
  group: 'test.dev',
  version: 'v1',
  plural: 'fakes',
  namespaced: true,
  prune({ value }) {
    if (value === 'unreadable') throw new Error('no such value')
    return value
  },
}

/** An informer whose clock is turned; `before` is called before it begins. */
async function scene(t: Test, before: (server: FakeApiServer) => void = () => {}, namespaces: readonly string[] = []) {
  const server = await startFakeApiServer(t)
  before(server)
  let ahead = 0
  const deadlines = new Deadlines({ now: () => performance.now() + ahead, wall: () => 0 })
  const turning = setInterval(() => deadlines.turn(), 5)
  const said: string[] = []
  const agent = new Agent({ keepAlive: true })
  const identity = {
    url: new URL(server.url),
    access: async () => ({ agent, headers: { authorization: 'Bearer x' } }),
    stale: () => false,
    close: () => {},
  }
  const environment = {
    deadlines,
    random: () => 0,
    log: (level: string, message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      said.push(`${level} ${message}${fields.reason === undefined ? '' : `: ${fields.reason}`}`)
    },
  }
  const client = new ApiClient({ load: async () => identity, deadlines })
  const informers = new Informers(client, namespaces, environment)
  const { informer } = informers.follow(FAKES)
  const told: Change<string>[][] = []
  informer.subscribe((changes) => told.push([...changes]))
  t.teardown(() => {
    informers.stop()
    agent.destroy()
    clearInterval(turning)
  })
  const state = (): string =>
    [...informer.objects]
      .map(([key, value]) => `${key}=${value}`)
      .sort()
      .join(' ')
  return {
    server,
    informers,
    informer,
    told,
    said,
    state,
    holds: (wanted: string) => until(`${wanted}; there is ${state()}`, () => state() === wanted),
    watching: (count = 1) => until('it watches', () => server.open === count),
    now: () => performance.now() + ahead,
    advance: (ms: number) => {
      ahead += ms
      deadlines.turn()
    },
  }
}

t.test('a list in pages, then what changes', async (t) => {
  const { server, informer, told, state, holds, watching } = await scene(t, (server) => {
    server.pageSize = 2
    for (const name of ['one', 'two', 'three', 'four', 'five']) server.put(name, '1')
  })
  await watching()
  t.ok(informer.synced)
  t.equal(state(), 'a/five=1 a/four=1 a/one=1 a/three=1 a/two=1')
  t.same(server.asked, ['list', 'list 2', 'list 4', 'watch 105'])
  t.equal(server.headers[0]?.authorization, 'Bearer x')
  t.equal(told.length, 1)
  server.put('six', '1')
  server.put('one', '2')
  server.delete('two')
  await holds('a/five=1 a/four=1 a/one=2 a/six=1 a/three=1')
})

t.test('what changes in one turn is told at once, and what comes to nothing is not', async (t) => {
  const { server, told, watching, holds } = await scene(t, (server) => server.put('one', '1'))
  await watching()
  told.length = 0
  const object = (name: string, value: string, version: number) => ({
    metadata: { name, namespace: 'a', resourceVersion: String(version) },
    value,
  })
  const events = [
    ...Array.from({ length: 100 }, (_, i) => ({ type: 'MODIFIED', object: object('one', String(i), 200 + i) })),
    { type: 'ADDED', object: object('brief', '1', 300) },
    { type: 'DELETED', object: object('brief', '1', 301) },
  ]
  server.send(events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  await holds('a/one=99')
  t.same(told, [[{ key: 'a/one', before: '1', now: '99' }]])
})

t.test('a change of what is not kept is none', async (t) => {
  const { server, informers, watching, holds } = await scene(t, (server) => server.put('one', 'a1'))
  await watching()
  const { informer } = informers.follow({ ...FAKES, plural: 'firsts', prune: ({ value }: Fake) => ({ first: value[0] }) })
  await watching(2)
  const kept = informer.objects.get('a/one')
  t.same(kept, { first: 'a' })
  const told: unknown[] = []
  informer.subscribe((changes) => told.push(...changes))
  server.put('one', 'a2')
  await holds('a/one=a2')
  server.put('two', 'b1')
  await until('told', () => told.length > 0)
  t.match(told, [{ key: 'a/two' }])
  t.equal(informer.objects.get('a/one'), kept, 'it is the same object')
})

t.test('nothing at all is told once', async (t) => {
  const { informer, told, watching } = await scene(t)
  await watching()
  t.ok(informer.synced)
  t.same(told, [[]])
})

for (const how of ['end', 'cut'] as const) {
  t.test(`a watch that is ${how === 'end' ? 'ended' : 'cut'} goes on where it was`, async (t) => {
    const { server, watching, holds, advance, told } = await scene(t, (server) => server.put('one', '1'))
    await watching()
    server.bookmark('250')
    await pause(20)
    server.version = 250
    server.endWatches(how)
    advance(600)
    await until('it asks again', () => server.asked.length >= 3)
    t.same(server.asked, ['list', 'watch 101', 'watch 250'])
    await watching()
    server.put('one', '2')
    await holds('a/one=2')
    t.equal(told.length, 2)
  })
}

for (const [where, gone] of [
  ['as an answer', (response: ServerResponse) => refuse(response, 410, 'too old resource version')],
  [
    'inside of the watch',
    (response: ServerResponse) => {
      response.end(`${JSON.stringify({ type: 'ERROR', object: { code: 410, message: 'too old resource version' } })}\n`)
      return true
    },
  ],
] as const) {
  t.test(`a version that is forgotten, ${where}: listed anew, only the difference is told`, async (t) => {
    const { server, watching, holds, told, said } = await scene(t, (server) => {
      for (const name of ['one', 'two', 'three']) server.put(name, '1')
    })
    await watching()
    let once = true
    server.intercept = (query, response) => {
      if (query.get('watch') !== 'true' || !once) return false
      once = false
      return gone(response)
    }
    server.endWatches('end')
    // Nobody is told of these.
    server.put('one', '2')
    server.delete('two')
    server.put('four', '1')
    await holds('a/four=1 a/one=2 a/three=1')
    await watching()
    t.same(
      told
        .at(-1)
        ?.map(({ key, before, now }) => [key, before, now])
        .sort(),
      [
        ['a/four', null, '1'],
        ['a/one', '1', '2'],
        ['a/two', '1', null],
      ],
    )
    t.same(said, [], 'that is usual')
  })
}

t.test('one that is always forgotten is not asked for in a circle', async (t) => {
  const { server } = await scene(t, (server) => {
    server.intercept = (query, response) => query.get('watch') === 'true' && refuse(response, 410, 'too old')
  })
  await until('twice', () => server.asked.length >= 4)
  await pause(100)
  t.same(server.asked, ['list', 'watch 100', 'list', 'watch 100'])
})

t.test('pages that are forgotten: all in one', async (t) => {
  const { server, state, watching } = await scene(t, (server) => {
    server.pageSize = 1
    for (const name of ['one', 'two', 'three']) server.put(name, '1')
    server.intercept = (query, response) =>
      query.get('continue') === '1' && refuse(response, 410, 'the continue token is too old')
  })
  await watching()
  t.equal(state(), 'a/one=1 a/three=1 a/two=1')
  t.same(server.asked.slice(0, 3), ['list', 'list 1', 'list'])
})

const GARBAGE: readonly (readonly [what: string, line: string])[] = [
  ['no JSON', 'x{\n'],
  ['null', 'null\n'],
  ['no version', '{"type":"ADDED","object":{"metadata":{"name":"x"}}}\n'],
  ['no name', '{"type":"ADDED","object":{"metadata":{"resourceVersion":"9"}}}\n'],
  ['an unknown type', '{"type":"EATEN","object":{"metadata":{"name":"x","resourceVersion":"9"}}}\n'],
  ['a line without end', 'x'.repeat(17 * 1024 * 1024)],
]
for (const [what, line] of GARBAGE) {
  t.test(`garbage in a watch: ${what}`, async (t) => {
    const { server, watching, state, holds, said, advance } = await scene(t, (server) => server.put('one', '1'))
    await watching()
    server.send(line)
    await until('it is said', () =>
      said.some((each) => each.startsWith('warn Kubernetes does not answer; the last good state stays')),
    )
    t.equal(state(), 'a/one=1')
    server.watches.length = 0
    server.put('two', '1')
    advance(1000)
    await holds('a/one=1 a/two=1')
    t.equal(server.asked.filter((each) => each === 'list').length, 2, 'listed anew')
    await until('it is said', () => said.includes('info Kubernetes answers again'))
  })
}

t.test('garbage instead of a list', async (t) => {
  let answer = '{"items":[]}'
  let asked = 0
  const { server, informer, advance, said } = await scene(t, (server) => {
    server.intercept = (query, response) => {
      if (query.get('watch') === 'true' || answer === '') return false
      response.end(answer)
      return true
    }
  })
  for (const next of ['<html>', 'null', '{"metadata":{"resourceVersion":"1"},"items":{}}', '']) {
    asked++
    await until('it was asked', () => server.asked.length === asked)
    await pause(20)
    t.notOk(informer.synced)
    answer = next
    advance(5000)
  }
  await until('in step', () => informer.synced)
  t.ok(said.some((each) => /not a list/.test(each)) && said.some((each) => /not JSON/.test(each)))
})

t.test('an object that cannot be read is left out; the others stay', async (t) => {
  const { server, watching, holds, said } = await scene(t, (server) => server.put('one', '1'))
  await watching()
  server.put('two', 'unreadable')
  server.put('three', '1')
  await holds('a/one=1 a/three=1')
  t.match(said, [/^warn an object of Kubernetes cannot be read: no such value$/])
  server.put('two', '2')
  await holds('a/one=1 a/three=1 a/two=2')
})

t.test('a watch that is silent for long is opened anew; bookmarks keep it', async (t) => {
  const { server, informer, watching, advance } = await scene(t)
  await watching()
  for (let i = 0; i < 3; i++) {
    advance(100_000)
    server.bookmark()
    await until('it lives', () => informer.age < 50_000)
  }
  t.equal(server.asked.length, 2)
  advance(160_000)
  await until('it is left', () => server.open === 0)
  t.ok(informer.age > 150_000, 'it says how old it is')
  advance(1000)
  await until('it watches again', () => server.asked.length === 3)
  t.equal(server.asked[2], 'watch 103')
  await until('young again', () => informer.age < 50_000)
})

t.test('an API server that says nothing', async (t) => {
  const { server, informer, said, advance } = await scene(t, (server) => {
    server.intercept = () => true
  })
  await until('it is asked', () => server.asked.length === 1)
  advance(31_000)
  await until('it is said', () => said.length > 0)
  t.match(said, [/^warn Kubernetes does not answer: nothing came from the API server for 30 s$/])
  server.intercept = () => false
  advance(600)
  await until('in step', () => informer.synced)
})

t.test('refusals are said once and tried ever more slowly; what the API server asks to wait is waited', async (t) => {
  const forbidden =
    'fakes.test.dev is forbidden: User "x" cannot list resource "fakes" in API group "test.dev" at the cluster scope'
  const asked: number[] = []
  let answer = (response: ServerResponse): boolean => refuse(response, 403, forbidden)
  let time = () => performance.now()
  const { informer, said, advance, now } = await scene(t, (server) => {
    server.intercept = (_query, response) => {
      asked.push(time())
      return answer(response)
    }
  })
  time = now
  const turnUntil = (what: string, holds: () => boolean): Promise<void> =>
    until(what, () => {
      if (!holds()) advance(100)
      return holds()
    })
  await turnUntil('it is asked five times', () => asked.length >= 5)
  for (const [i, least] of [500, 1000, 2000, 4000].entries()) t.ok((asked[i + 1] as number) - (asked[i] as number) >= least)
  t.same(
    said.filter((each) => each.startsWith('error')),
    [`error Kubernetes refuses: this account may not list fakes.test.dev in all namespaces: ${forbidden}`],
  )
  answer = (response) => refuse(response, 429, 'too many', { 'retry-after': '40' })
  const { length } = asked
  await turnUntil('it is asked twice', () => asked.length >= length + 2)
  t.ok((asked[length + 1] as number) - (asked[length] as number) >= 40_000)
  answer = () => false
  await turnUntil('in step', () => said.at(-1) === 'info Kubernetes answers again')
  t.ok(informer.synced)
})

t.test('a kind that the API server does not know, and then does', async (t) => {
  const { server, informer, told, said, holds, advance } = await scene(t, (server) => {
    server.put('one', '1')
    server.intercept = (_query, response) => refuse(response, 404, 'the server could not find the requested resource')
  })
  await until('it is said', () => informer.absent)
  t.ok(informer.synced, 'nothing has to wait for it')
  await until('told', () => told.length === 1)
  server.intercept = () => false
  advance(31_000)
  await holds('a/one=1')
  t.notOk(informer.absent)
  t.same(said, ['info the API server does not know this kind'])
})

t.test('several namespaces are listed and watched one by one; one that is refused keeps nobody waiting', async (t) => {
  const { server, informer, told, state, watching, holds, advance } = await scene(
    t,
    (server) => {
      for (const namespace of ['a', 'b', 'c']) server.put('one', '1', namespace)
      server.intercept = (_query, response, path) => path.includes('/b/') && refuse(response, 403, 'no')
    },
    ['a', 'b'],
  )
  await watching(1)
  await until('told', () => told.flat().length === 1 && informer.settled)
  t.same([informer.synced, informer.syncedIn('a'), informer.syncedIn('b')], [false, true, false])
  t.equal(state(), 'a/one=1')
  server.intercept = () => false
  advance(20_000)
  await holds('a/one=1 b/one=1')
  await until('told', () => told.flat().length === 2)
  t.ok(informer.synced)
  // Only one of them is listed anew: what the other has stays.
  server.objects.delete('a/one')
  let once = true
  server.intercept = (query, response, path) => {
    if (query.get('watch') !== 'true' || !path.includes('/b/') || !once) return false
    once = false
    return refuse(response, 410, 'too old')
  }
  const { length } = server.asked
  server.endWatches('end')
  advance(1000)
  await until('both ask again', () => server.asked.length >= length + 4)
  t.equal(state(), 'a/one=1 b/one=1')
})

t.test('the last user ends it', async (t) => {
  const { server, informers, informer, watching } = await scene(t)
  await watching()
  const again = informers.follow(FAKES)
  t.equal(again.informer, informer, 'shared')
  again.release()
  await pause(20)
  t.equal(server.open, 1)
  t.same([...informers.ages().keys()], ['Fake'])
  informers.stop()
  await until('closed', () => server.open === 0)
  await pause(20)
  t.equal(server.asked.length, 2)
  t.same([...informers.ages().keys()], [])
})
