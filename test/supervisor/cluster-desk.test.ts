// The control loop with a cluster and planes that do what a test says: what comes into force, when, and what is told about objects.

import t from 'tap'
import type { ClusterEvents, ObjectReport, Translation } from '../../src/compile/cluster.ts'
import type { GatewayConfig } from '../../src/config/model.ts'
import { ClusterDesk } from '../../src/supervisor/cluster-desk.ts'
import { revisionOf } from '../../src/supervisor/revision.ts'
import { StatsAggregator } from '../../src/telemetry/aggregate.ts'
import { gatewayConfig, listener, report, route, translation, upstream } from '../support/translations.ts'
import { settled, TurnedTime } from '../support/turned-time.ts'

type Surroundings = Parameters<FakeCluster['translate']>[0]

class FakeCluster {
  known = true
  trouble = ''
  translations: readonly Translation[] = []
  make: ((surroundings: { unusable: ReadonlyMap<string, string> }) => readonly Translation[]) | null = null
  readonly published: (readonly ObjectReport[])[] = []
  closed = false
  readonly events: ClusterEvents

  constructor(events: ClusterEvents) {
    this.events = events
  }

  awaited(): ReadonlyMap<string, string> {
    return this.known ? new Map() : new Map([['Thing', this.trouble]])
  }

  translate(surroundings: { unusable: ReadonlyMap<string, string> }): readonly Translation[] {
    return this.make?.(surroundings) ?? this.translations
  }

  publish(reports: readonly ObjectReport[]): void {
    this.published.push(reports)
  }

  async close(): Promise<void> {
    this.closed = true
  }

  now(...translations: readonly Translation[]): void {
    this.translations = translations
    this.events.changed()
  }
}

const BASE = {
  listeners: [{ name: 'web', bind: '127.0.0.1:80' }],
  routes: [{ name: 'own', to: 'own' }],
  upstreams: { own: { discovery: { static: ['127.0.0.1:1'] } } },
  kubernetes: { ingress: { listeners: { http: 'web', https: 'secure' } } },
} as const

const file = (more: object = {}): GatewayConfig => gatewayConfig({ ...BASE, ...more } as never)

function scene(prepare: (cluster: FakeCluster) => void = () => {}) {
  const time = new TurnedTime()
  const clusters: FakeCluster[] = []
  const said: string[] = []
  const applied: GatewayConfig[] = []
  let inForce: GatewayConfig | null = null
  let tried = 0
  const control = {
    /** Why it cannot be served; null = it can. */
    refuses: (_config: GatewayConfig): Error | null => null,
    takes: 0,
    startedWith: null as GatewayConfig | null,
    async start(config: GatewayConfig): Promise<void> {
      control.startedWith = config
      inForce = config
    },
    async apply(config: GatewayConfig): Promise<'applied' | 'unchanged'> {
      tried++
      if (control.takes > 0) await new Promise<void>((resolve) => time.after(control.takes, resolve))
      const error = control.refuses(config)
      if (error !== null) throw error
      if (inForce !== null && revisionOf(inForce) === revisionOf(config)) return 'unchanged'
      inForce = config
      applied.push(config)
      return 'applied'
    },
  }
  /** Addresses that cannot be listened on. */
  const blocked = new Set<string>()
  const desk = new ClusterDesk({
    control,
    open: async (_config, events) => {
      const cluster = new FakeCluster(events)
      prepare(cluster)
      clusters.push(cluster)
      return cluster
    },
    stats: new StatsAggregator(),
    clock: time.clock,
    log: (level, message, fields = {}) => said.push(`${level} ${message}: ${fields.problem ?? fields.reason ?? ''}`),
    after: time.after,
    probe: async (bind) => {
      if (blocked.has(bind)) throw new Error(`not ${bind}`)
    },
  })
  return {
    time,
    desk,
    control,
    applied,
    blocked,
    said,
    tried: () => tried,
    cluster: (i = -1) => clusters.at(i) as FakeCluster,
    routes: () => inForce?.routes.map(({ name, to }) => (to.length === 0 ? `${name} refused` : name)),
    listeners: () => inForce?.listeners.map(({ name }) => name),
  }
}

const ONE = translation({ routes: [route('one/0', 'u')], upstreams: { u: upstream() } })
const TWO = translation({ routes: [route('two/0', 'u')], upstreams: { u: upstream() } })
const bound = (...binds: string[]) =>
  translation({
    listeners: binds.map((bind) => listener(bind, { bind: [bind] })),
    routes: [route('g/0', 'own')],
  })

/** Starts, with time that goes on. */
async function started(parts: ReturnType<typeof scene>, base = file()): Promise<void> {
  const done = parts.desk.start(base)
  await parts.time.turn(1000)
  await done
}

t.test('without Kubernetes it is not in the way', async (t) => {
  const { desk, routes, time } = scene()
  await desk.start(file({ kubernetes: undefined }))
  t.same(routes(), ['own'])
  t.equal(await desk.apply(file({ kubernetes: undefined, routes: [] })), 'applied')
  t.same(routes(), [])
  t.equal(time.waiting, 0)
  t.same(desk.awaited(), [])
})

t.test('what is known at the start is in force from the first moment on', async (t) => {
  const parts = scene((cluster) => {
    cluster.translations = [ONE]
  })
  await started(parts)
  t.same(parts.routes(), ['own', 'one/0'])
  t.equal(parts.tried(), 1)
  t.same(parts.control.startedWith?.listeners, [], 'and nobody was let in before')
  t.same(parts.cluster().published, [ONE.reports])
  t.same(parts.desk.awaited(), [])
})

t.test('a start waits for what is on its way, and not for what does not come', async (t) => {
  for (const [trouble, knownAfter, waits] of [
    ['', 3000, 3000],
    ['', 30_000, 10_000],
    ['refused', 30_000, 2000],
    ['refused', 500, 500],
  ] as const) {
    const parts = scene((cluster) => {
      cluster.known = false
      cluster.trouble = trouble
      cluster.translations = [ONE]
    })
    const { time, desk } = parts
    let at = -1
    void desk.start(file()).then(() => {
      at = time.now
    })
    await settled()
    time.after(knownAfter, () => {
      parts.cluster().known = true
      parts.cluster().events.changed()
    })
    await time.turn(waits - 50)
    t.equal(at, -1)
    t.same(desk.awaited(), ['Kubernetes has not told of each Thing yet'])
    await time.turn(100)
    t.ok(Math.abs(at - waits) <= 20, `${at} is ${waits}`)
    t.same(parts.routes(), knownAfter > waits ? ['own'] : ['own', 'one/0'])
    t.equal(parts.cluster().published.length, knownAfter > waits ? 0 : 1, 'nothing is told of what is not known')
    if (waits < 10_000 && knownAfter > waits) t.equal(desk.awaited().length, 1)
    await time.turn(30_000)
    t.same(desk.awaited(), [])
    t.same(parts.routes(), ['own', 'one/0'], 'in step later')
  }
})

t.test('a start that nobody wants any more', async (t) => {
  const parts = scene((cluster) => {
    cluster.known = false
  })
  const done = parts.desk.start(file())
  await parts.time.turn(100)
  parts.desk.hurry()
  await parts.time.turn(20)
  await done
  await parts.desk.close()
  t.ok(parts.cluster().closed)
  t.equal(parts.time.waiting, 0)
})

t.test('changes are gathered, told when they are in force, and never starve', async (t) => {
  const parts = scene()
  const { time, control } = parts
  await started(parts)
  control.takes = 100
  parts.cluster().now(ONE)
  await time.turn(60)
  t.same(parts.cluster().published.length, 1, 'not yet in force')
  const before = parts.tried()
  for (let i = 0; i < 500; i++) {
    parts.cluster().now(translation({ routes: [route(`${i}/0`, 'own')] }))
    await time.turn(10)
  }
  const applied = parts.tried() - before
  t.ok(applied >= 20 && applied <= 28, `${applied} of 500 changes in 5 s, of 100 ms each`)
  parts.cluster().now(ONE)
  await time.turn(1000)
  t.same(parts.routes(), ['own', 'one/0'])
  t.same(parts.cluster().published.at(-1), ONE.reports)
  t.equal(time.waiting, 0)
})

t.test('what comes to the same is told at once', async (t) => {
  const parts = scene()
  await started(parts)
  parts.cluster().now(ONE)
  await parts.time.turn(200)
  const { length } = parts.applied
  const told = { ...ONE, reports: [report('one', { status: { current: {}, wanted: { a: 1 }, resourceVersion: '2' } })] }
  parts.cluster().now(told)
  await parts.time.turn(200)
  t.equal(parts.applied.length, length)
  t.same(parts.cluster().published.at(-1), told.reports)
  const tried = parts.tried()
  parts.cluster().events.changed()
  await parts.time.turn(200)
  t.equal(parts.tried(), tried, 'of what is the same nobody hears')
})

t.test('an address that cannot be listened on', async (t) => {
  const parts = scene()
  const { time, said } = parts
  await started(parts)
  parts.blocked.add('10.0.0.1:80')
  const before = parts.tried()
  const seen: string[] = []
  parts.cluster().make = ({ unusable }: Surroundings) => {
    seen.push([...unusable].join())
    return [bound('10.0.0.1:80', '127.0.0.1:81')]
  }
  parts.cluster().events.changed()
  await time.turn(200)
  t.same(parts.listeners(), ['web', 'secure', '127.0.0.1:81'], 'the rest is there, even where a translator does not heed it')
  t.equal(seen.at(-1), '10.0.0.1:80,not 10.0.0.1:80')
  t.equal(parts.tried() - before, 1, 'nothing was refused for it')
  t.equal(said.filter((line) => /tried again/.test(line)).length, 1)
  await time.turn(65_000)
  t.equal(said.filter((line) => /tried again/.test(line)).length, 1, 'said once')
  parts.blocked.clear()
  await time.turn(31_000)
  t.same(parts.listeners(), ['web', 'secure', '10.0.0.1:80', '127.0.0.1:81'])
  t.equal(seen.at(-1), '')
  t.equal(time.waiting, 0)
})

t.test('an address that somebody else was faster to listen on', async (t) => {
  const parts = scene()
  const { time, control } = parts
  await started(parts)
  control.refuses = ({ listeners }) =>
    listeners.some(({ bind }) => bind.includes('10.0.0.1:80'))
      ? Object.assign(new Error('too late'), { bind: '10.0.0.1:80' })
      : null
  parts.cluster().now(bound('10.0.0.1:80', '127.0.0.1:81'))
  await time.turn(200)
  t.same(parts.listeners(), ['web', 'secure', '127.0.0.1:81'])
  control.refuses = () => null
  await time.turn(31_000)
  t.same(parts.listeners(), ['web', 'secure', '10.0.0.1:80', '127.0.0.1:81'])
})

t.test('an address of the file that cannot be listened on refuses the file', async (t) => {
  const parts = scene()
  await started(parts)
  parts.control.refuses = ({ listeners }) =>
    listeners.some(({ bind }) => bind.includes('127.0.0.1:99'))
      ? Object.assign(new Error('no'), { bind: '127.0.0.1:99' })
      : null
  await t.rejects(parts.desk.apply(file({ listeners: [{ name: 'web', bind: '127.0.0.1:99' }] })), { message: 'no' })
  parts.cluster().now(ONE)
  await parts.time.turn(200)
  t.same(parts.routes(), ['own', 'one/0'], 'what was in force goes on')
})

/** Refuses whatever has a route of one of these names that is not answered with an error. */
const allergic =
  (...names: string[]) =>
  ({ routes }: GatewayConfig): Error | null =>
    routes.some(({ name, to }) => names.includes(name) && to.length > 0) ? new Error('it hurts') : null

t.test('an object that nobody foresaw is answered with an error, alone', async (t) => {
  const many = Array.from({ length: 40 }, (_, i) => route(`o${i}/0`, 'own'))
  const parts = scene()
  const { control, said, time } = parts
  await started(parts)
  parts.cluster().now(translation({ routes: many }))
  await time.turn(200)
  control.refuses = allergic('bad/0')
  const bad = route('bad/0', 'own')
  const before = parts.tried()
  parts.cluster().now(translation({ routes: [...many, bad] }))
  await time.turn(200)
  t.same(parts.routes()?.slice(-2), ['o39/0', 'bad/0 refused'])
  t.equal(parts.tried() - before, 2, 'only what is new is suspected')
  t.match(parts.cluster().published.at(-1)?.at(-1), { problems: [{ reason: 'NotServed', message: 'it hurts' }] })
  t.match(said.at(-1), /asks for something that is refused: it hurts/)
  parts.cluster().now(translation({ routes: [...many.slice(1), bad] }))
  await time.turn(200)
  t.equal(parts.tried() - before, 3, 'it stays out')
  t.same(parts.routes()?.at(-1), 'bad/0 refused')
  control.refuses = () => null
  parts.cluster().now(translation({ routes: [...many, route('bad/0', 'own')] }))
  await time.turn(200)
  t.same(parts.routes()?.at(-1), 'bad/0', 'a changed one gets another chance')
})

t.test('several of them, at the start', async (t) => {
  const many = Array.from({ length: 100 }, (_, i) => route(`o${i}/0`, 'own'))
  const parts = scene((cluster) => {
    cluster.translations = [translation({ routes: many })]
  })
  parts.control.refuses = allergic('o7/0', 'o70/0')
  await started(parts)
  t.same(
    parts.routes()?.filter((name) => name.endsWith('refused')),
    ['o7/0 refused', 'o70/0 refused'],
  )
  t.equal(parts.routes()?.length, 101)
  t.equal(parts.cluster().published.length, 1, 'told once it is settled')
})

t.test('one whose matches alone do harm is not there at all', async (t) => {
  const parts = scene()
  await started(parts)
  parts.control.refuses = ({ routes }) => (routes.some(({ name }) => name === 'bad/0') ? new Error('no such match') : null)
  parts.cluster().now(translation({ routes: [route('good/0', 'own'), route('bad/0', 'own')] }))
  await parts.time.turn(200)
  t.same(parts.routes(), ['own', 'good/0'])
})

t.test('a certificate or listener that does harm', async (t) => {
  const parts = scene()
  await started(parts)
  parts.control.refuses = ({ listeners }) => (listeners.length > 2 ? new Error('no such listener') : null)
  parts.cluster().now(bound('127.0.0.1:81'))
  await parts.time.turn(200)
  t.same(
    [parts.listeners(), parts.routes()],
    [
      ['web', 'secure'],
      ['own', 'g/0'],
    ],
  )
  t.match(parts.said.at(-1), /^error listeners and certificates of the cluster are left out.*: no such listener/)
})

t.test('what cannot be served at all leaves in force what was, and is tried again', async (t) => {
  const parts = scene()
  const { time, control, said } = parts
  await started(parts)
  parts.cluster().now(ONE)
  await time.turn(200)
  for (const [error, most] of [
    [new Error('no'), 3],
    [Object.assign(new Error('lost'), { name: 'WorkerLost' }), 1],
  ] as const) {
    control.refuses = () => error
    const before = parts.tried()
    parts.cluster().now(translation({ routes: [route('next/0', 'own')] }))
    await time.turn(200)
    t.equal(parts.tried() - before, most, 'nobody is left out because workers end')
    t.same(parts.routes(), ['own', 'one/0'])
    t.match(said.at(-1), new RegExp(`^error what the cluster says now could not be put into force.*${error.message}`))
    const { length } = said
    parts.cluster().events.changed()
    await time.turn(200)
    t.equal(said.length, length, 'said once')
  }
  control.refuses = () => null
  await time.turn(31_000)
  t.same(parts.routes(), ['own', 'next/0'])
})

t.test('a file that is refused leaves the one before in force, with the cluster', async (t) => {
  const parts = scene()
  await started(parts)
  parts.cluster().now(ONE)
  await parts.time.turn(200)
  parts.control.refuses = ({ via }) => (via === 'bad' ? new Error('no such via') : null)
  await t.rejects(parts.desk.apply(file({ via: 'bad' })), { message: 'no such via' })
  parts.cluster().now(TWO)
  await parts.time.turn(200)
  t.same(parts.routes(), ['own', 'two/0'])
  t.equal(await parts.desk.apply(file({ routes: [] })), 'applied')
  t.same(parts.routes(), ['two/0'])
  t.equal(await parts.desk.apply(file({ routes: [] })), 'unchanged')
})

t.test('another cluster takes over when it is known', async (t) => {
  const parts = scene()
  const { time, desk } = parts
  await started(parts)
  parts.cluster().now(ONE)
  await time.turn(200)
  const other = file({ kubernetes: { ingress: {}, kubeconfig: 'other' } })
  const first = parts.cluster()
  const applying = desk.apply(other)
  await settled()
  parts.cluster().translations = [TWO]
  await time.turn(200)
  t.equal(await applying, 'applied')
  t.same(parts.routes(), ['own', 'two/0'])
  t.ok(first.closed)
  first.now(ONE)
  await time.turn(200)
  t.same(parts.routes(), ['own', 'two/0'])
  t.equal(await desk.apply(file({ kubernetes: undefined })), 'applied')
  t.ok(parts.cluster().closed)
  t.same(parts.routes(), ['own'])
})

t.test('another cluster that does not answer takes nothing away', async (t) => {
  let opened = 0
  const parts = scene((cluster) => {
    cluster.known = opened++ === 0
    cluster.trouble = 'refused'
  })
  const { time, desk } = parts
  await started(parts)
  parts.cluster().now(ONE)
  await time.turn(200)
  const applying = desk.apply(file({ kubernetes: { ingress: {}, kubeconfig: 'other' } }))
  await settled()
  const other = parts.cluster()
  await time.turn(3000)
  t.equal(await applying, 'applied')
  t.same(parts.routes(), ['own', 'one/0'])
  t.equal(other.published.length, 0)
  other.known = true
  other.now(TWO)
  await time.turn(200)
  t.same(parts.routes(), ['own', 'two/0'])
  t.same(other.published, [TWO.reports])
})

t.test('another cluster whose file is refused is left', async (t) => {
  const parts = scene()
  await started(parts)
  parts.control.refuses = ({ via }) => (via === 'bad' ? new Error('no') : null)
  const applying = parts.desk.apply(file({ via: 'bad', kubernetes: { ingress: {}, kubeconfig: 'other' } }))
  await Promise.all([t.rejects(applying), parts.time.turn(200)])
  t.ok(parts.cluster().closed)
  t.notOk(parts.cluster(0).closed)
  parts.cluster(0).now(ONE)
  await parts.time.turn(200)
  t.same(parts.routes(), ['own', 'one/0'])
})

t.test('nothing is followed after the end', async (t) => {
  const parts = scene()
  await started(parts)
  await parts.desk.close()
  parts.cluster().now(ONE)
  await parts.time.turn(60_000)
  t.same(parts.routes(), ['own'])
  t.equal(parts.time.waiting, 0)
})
