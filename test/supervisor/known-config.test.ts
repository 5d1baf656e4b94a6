// What a worker knows and what the supervisor believes that it knows: only what is new is told, and all of it where that does not help.

import t from 'tap'
import { changeOf } from '../../src/config/change.ts'
import type { GatewayConfig } from '../../src/config/model.ts'
import { normalizeConfig } from '../../src/config/parse.ts'
import type { EndpointSpec } from '../../src/model/endpoint.ts'
import { KnownConfig, ToldConfig } from '../../src/supervisor/known-config.ts'
import { BASE_LOST, type NextConfig, type Request } from '../../src/supervisor/messages.ts'
import { applyInTwoPhases } from '../../src/supervisor/two-phases.ts'
import { type WorkerProcess, WorkerRefusal } from '../../src/supervisor/worker-process.ts'

function config(via: string, upstreams: readonly string[] = ['a']): GatewayConfig {
  const parsed = normalizeConfig({
    via,
    listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
    routes: [{ name: 'all', to: upstreams[0] as string }],
    upstreams: Object.fromEntries(upstreams.map((name) => [name, { discovery: { dns: { name: 'x.test', port: 1 } } }])),
  })
  if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors))
  return parsed.config
}

const set = (address: string): readonly EndpointSpec[] => [{ address, weight: 1 }]
const [one, two] = [set('1.1.1.1:1'), set('2.2.2.2:1')]

t.test('the worker', async (t) => {
  const known = new KnownConfig()
  const [first, second] = [config('one'), config('two')]
  const change = changeOf(first, second)
  t.throws(() => known.next({ base: 'r1', change, sets: new Map() }), { code: BASE_LOST })
  known.told(new Map([['a', one]]))
  known.serves(first, 'r1')
  const next = known.next({ base: 'r1', change, sets: new Map([['b', two]]) })
  t.equal(next.via, 'two')
  t.strictSame(
    [...known.sets],
    [
      ['a', one],
      ['b', two],
    ],
    'with what it was told before',
  )
  t.throws(() => known.next({ base: 'r2', change, sets: new Map() }), { code: BASE_LOST }, 'nothing is served yet but r1')
  known.serves(next, 'r2')
  t.strictSame([...known.sets.keys()], ['a'], 'what nobody names is forgotten')
  t.throws(() => known.next({ base: 'r1', change, sets: new Map() }), { code: BASE_LOST })
  t.equal(known.next({ config: first, sets: new Map([['a', two]]) }), first)
})

t.test('the supervisor', async (t) => {
  const told = new ToldConfig()
  t.notOk(told.has(''))
  told.told(new Map([['a', one]]))
  told.serves(config('one'), 'r1')
  t.ok(told.has('r1'))
  t.strictSame(
    told.untold(
      new Map([
        ['a', one],
        ['b', one],
      ]),
    ),
    new Map([['b', one]]),
  )
  t.strictSame(told.untold(new Map([['a', set('1.1.1.1:1')]])).size, 1, 'equal is not the same: it is told once more')
  told.serves(config('two', ['b']), 'r2')
  t.strictSame(told.untold(new Map([['a', one]])).size, 1)
})

/** A worker with the real books, and no process. */
function worker(said: NextConfig[], known = new KnownConfig()): WorkerProcess {
  return {
    told: new ToldConfig(),
    pid: 1,
    async ask(request: Request) {
      if (request.type !== 'prepare') return []
      said.push(request.next)
      try {
        known.next(request.next)
      } catch (error) {
        throw new WorkerRefusal('no', undefined, (error as { code: string }).code)
      }
      return []
    },
  } as unknown as WorkerProcess
}

t.test('all of it for one that does not serve what it should', async (t) => {
  const [first, second] = [config('one'), config('two')]
  const step = { config: second, revision: 'r2', sets: new Map([['a', one]]), base: { config: first, revision: 'r1' } }
  const said: NextConfig[] = []
  const fresh = worker(said)
  await applyInTwoPhases([fresh], step, () => {})
  t.strictSame(said, [{ config: second, sets: step.sets }], 'nobody knows what it serves')

  said.length = 0
  const forgetful = worker(said)
  forgetful.told.serves(first, 'r1')
  forgetful.told.told(step.sets)
  await applyInTwoPhases([forgetful], step, () => {})
  t.match(said, [
    { base: 'r1', sets: new Map() },
    { config: second, sets: step.sets },
  ])

  said.length = 0
  const books = new KnownConfig()
  books.serves(first, 'r1')
  const right = worker(said, books)
  right.told.serves(first, 'r1')
  await applyInTwoPhases([right], step, () => {})
  t.strictSame(said, [{ base: 'r1', change: changeOf(first, second), sets: step.sets }])
  t.ok(right.told.has('r2'))
})
