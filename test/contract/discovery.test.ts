// What every discovery promises, for each of them. A new one joins with one line in ALL and a way to bring it to life.

import t, { type Test } from 'tap'
import { dnsDiscovery } from '../../src/discovery/dns.ts'
import { staticDiscovery } from '../../src/discovery/static.ts'
import { Deadlines } from '../../src/model/deadlines.ts'
import type { Discovery } from '../../src/model/discovery.ts'
import type { EndpointSpec } from '../../src/model/endpoint.ts'
import { a, silent, startDns } from '../support/dns-server.ts'
import { pause, until } from '../support/until.ts'

type Watch = (
  publish: (endpoints: readonly EndpointSpec[], trouble?: string) => void,
  failed: (reason: string) => void,
) => () => void

/** A source of endpoints that is there and answers with `EXPECTED`. */
interface Source {
  readonly watch: Watch
  /** Makes it answer with another set, and the time for that come; null = it never changes. */
  readonly change: (() => Promise<void>) | null
  /** Takes it away, and lets the time come at which that is noticed; null = it cannot go away. */
  readonly vanish: (() => Promise<void>) | null
}

const EXPECTED = ['10.0.0.1:80', '10.0.0.2:80']

const ALL: Readonly<Record<string, (t: Test) => Promise<Source>>> = {
  static: async () => {
    const spec = EXPECTED.map((address) => ({ address, weight: 1 }))
    return { watch: bound(staticDiscovery, spec), change: null, vanish: null }
  },
  dns: async (t) => {
    const server = await startDns(t)
    server.records = [a('u.test', '10.0.0.2'), a('u.test', '10.0.0.1')]
    let now = 0
    const deadlines = new Deadlines({ now: () => now, wall: () => now })
    const later = async (seconds: number) => {
      now += seconds * 1000
      deadlines.turn()
      await pause(20)
    }
    const spec = { name: 'u.test', port: 80, type: 'a', refresh: null, resolver: [server.address], local: true } as const
    return {
      watch: bound(dnsDiscovery({ deadlines, random: () => 0 }), spec),
      change: async () => {
        server.records = [a('u.test', '10.0.0.3')]
        await later(11)
      },
      vanish: async () => {
        server.trick = silent
        for (let i = 0; i < 10; i++) await later(i === 0 ? 11 : 1)
      },
    }
  },
}

function bound<Spec>(discovery: Discovery<Spec>, spec: Spec): Watch {
  return (publish, failed) => discovery.watch(spec, publish, failed)
}

for (const [name, open] of Object.entries(ALL)) {
  const begin = async (t: Test) => {
    const { watch, change, vanish } = await open(t)
    const sets: (readonly EndpointSpec[])[] = []
    const failures: string[] = []
    const stop = watch(
      (endpoints) => sets.push(endpoints),
      (reason) => failures.push(reason),
    )
    t.teardown(stop)
    return { sets, failures, stop, change, vanish }
  }

  t.test(`${name}: publishes the whole set, each address once, with whole weights`, async (t) => {
    const { sets } = await begin(t)
    await until('a set', () => sets.length > 0)
    const [first = []] = sets
    t.same(first.map(({ address }) => address).sort(), EXPECTED)
    t.ok(first.every(({ weight }) => Number.isInteger(weight) && weight >= 0 && weight <= 65535))
    t.same(structuredClone(first), first, 'plain data')
  })

  t.test(`${name}: follows changes, and leaves sets that it published alone`, async (t) => {
    const { sets, change } = await begin(t)
    if (change === null) return t.pass('it never changes')
    await until('a set', () => sets.length > 0)
    const before = structuredClone(sets[0])
    await change()
    await until('another', () => sets.length > 1)
    t.same(
      sets.at(-1)?.map(({ address }) => address),
      ['10.0.0.3:80'],
    )
    t.same(sets[0], before)
  })

  t.test(`${name}: a source that is gone is a failure with a reason, never an empty set`, async (t) => {
    const { sets, failures, vanish } = await begin(t)
    if (vanish === null) return t.pass('it cannot go away')
    await until('a set', () => sets.length > 0)
    await vanish()
    await until('a failure', () => failures.length > 0)
    t.not(failures[0], '')
    t.equal(sets.length, 1)
  })

  t.test(`${name}: stopped, it is silent, and may be stopped again`, async (t) => {
    const { sets, failures, stop, change, vanish } = await begin(t)
    stop()
    const told = sets.length
    await change?.()
    await vanish?.()
    stop()
    t.strictSame([sets.length, failures.length], [told, 0])
  })

  t.test(`${name}: two watches do not know of each other`, async (t) => {
    const [one, other] = [await begin(t), await begin(t)]
    one.stop()
    await until('a set', () => other.sets.length > 0)
    t.equal(other.sets[0]?.length, EXPECTED.length)
  })
}
