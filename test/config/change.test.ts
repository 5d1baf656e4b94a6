// From one configuration to the next by what changes: the same as all of it, and what stays is the same object.

import { deserialize, serialize } from 'node:v8'
import t from 'tap'
import { type ConfigChange, changedConfig, changeOf } from '../../src/config/change.ts'
import type { GatewayConfig } from '../../src/config/model.ts'
import { withKeptParts } from '../../src/supervisor/kept-parts.ts'
import { revisionOf } from '../../src/supervisor/revision.ts'

/** As it comes out at the other end of a channel. */
const sent = (change: ConfigChange): ConfigChange => deserialize(serialize(change)) as ConfigChange

interface Part {
  readonly name: string
  readonly value: number
}

const config = (lists: { listeners: Part[]; routes: Part[]; upstreams: Record<string, Part> }, via = 'auto') =>
  ({ via, plugins: [], errors: { detail: 'full' }, ...lists }) as unknown as GatewayConfig

/** Linear congruential: the same each time. */
function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** Some of: change, add, remove, move, write anew. */
function edited(list: readonly Part[], roll: (below: number) => number, kind: string): Part[] {
  const next = [...list]
  for (let edits = roll(5); edits > 0; edits--) {
    const at = roll(next.length + 1)
    const there = next[at]
    const what = roll(6)
    if (what === 0 || there === undefined) next.splice(at, 0, { name: `${kind}${roll(1000)}-${next.length}`, value: roll(9) })
    else if (what === 1) next.splice(at, 1)
    else if (what === 2) next[at] = { ...there, value: roll(9) }
    else if (what === 3) next[at] = structuredClone(there)
    else if (what === 4) next.splice(roll(next.length), 0, ...next.splice(at, 1))
    else if (roll(4) === 0) next.reverse()
  }
  const names = new Set<string>()
  return next.filter(({ name }) => names.size < names.add(name).size)
}

t.test('any edits', async (t) => {
  for (let seed = 1; seed <= 300; seed++) {
    const roll = dice(seed)
    let [listeners, routes, upstreams]: [Part[], Part[], Part[]] = [[], [], []]
    let inForce = config({ listeners, routes, upstreams: {} })
    let worker = structuredClone(inForce)
    for (let step = 0; step < 12; step++) {
      ;[listeners, routes, upstreams] = [edited(listeners, roll, 'l'), edited(routes, roll, 'r'), edited(upstreams, roll, 'u')]
      const given = config(
        { listeners, routes, upstreams: Object.fromEntries(upstreams.map((part) => [part.name, part])) },
        roll(3) === 0 ? `gate${roll(3)}` : inForce.via,
      )
      const next = withKeptParts(given, inForce)
      if (JSON.stringify(next) !== JSON.stringify(given)) t.fail(`seed ${seed}: kept parts change what is said`)
      if (revisionOf(next) !== revisionOf(given)) t.fail(`seed ${seed}: another revision`)
      const before = worker
      worker = changedConfig(worker, sent(changeOf(inForce, next)))
      // With the order of everything.
      if (JSON.stringify(worker) !== JSON.stringify(next)) {
        t.strictSame(worker, next, `seed ${seed}, step ${step}`)
        return
      }
      const stays = next.routes.filter((route) => inForce.routes.includes(route)).length
      if (worker.routes.filter((route) => before.routes.includes(route)).length !== stays) t.fail(`seed ${seed}: objects`)
      inForce = next
    }
  }
})

t.test('what is sent is what changes', async (t) => {
  const parts = (count: number, kind: string) => Array.from({ length: count }, (_, i) => ({ name: `${kind}${i}`, value: i }))
  const [listeners, routes, upstreams] = [parts(3, 'l'), parts(5000, 'r'), parts(2000, 'u')]
  const base = config({ listeners, routes, upstreams: Object.fromEntries(upstreams.map((part) => [part.name, part])) })
  const changed = { name: 'r2500', value: -1 }
  const next = { ...base, routes: base.routes.with(2500, changed as never) }
  const change = changeOf(base, withKeptParts(structuredClone(next), base))
  t.strictSame(change, {
    rest: {},
    listeners: { head: 3, middle: [], tail: 0 },
    routes: { head: 2500, middle: [{ is: changed }], tail: 2499 },
    upstreams: { head: 2000, middle: [], tail: 0 },
  })
  const gone = { ...base, routes: base.routes.toSpliced(10, 1), upstreams: { ...base.upstreams, u7: changed as never } }
  const two = changeOf(base, withKeptParts(gone, base))
  t.strictSame(two.routes, { head: 10, middle: [], tail: 4989 })
  t.strictSame(two.upstreams, { head: 7, middle: [{ is: ['u7', changed] }], tail: 1992 })
  t.strictSame(changeOf(base, { ...base, via: 'off' }).rest, { via: 'off' })
})

t.test('equal parts under another name, or twice', async (t) => {
  const one = { name: 'x', value: 1 } as never
  const base = config({ listeners: [], routes: [], upstreams: { a: one, b: one, c: one } })
  const next = config({ listeners: [], routes: [], upstreams: { b: one, d: one, a: one } })
  t.strictSame(JSON.stringify(changedConfig(base, sent(changeOf(base, next)))), JSON.stringify(next))
})

t.test('certificates: those of a listener that stay are not sent, and stay the same objects', async (t) => {
  const pem = (text: string) => ({ file: '', pem: text })
  const certificate = (text: string) => ({ cert: pem(text), key: pem(`key of ${text}`) })
  const listener = (certificates: object[], name = 'secure', http2 = true) => ({
    name,
    http2,
    tls: { minVersion: '1.2', certificates, clientAuth: { mode: 'off', ca: null } },
  })
  const of = (...listeners: object[]) => config({ listeners: listeners as never, routes: [], upstreams: {} })
  const many = Array.from({ length: 2000 }, (_, i) => certificate(`c${i}`))
  const base = of({ name: 'plain', tls: null }, listener(many))
  const step = (worker: GatewayConfig, from: GatewayConfig, given: GatewayConfig, message: string) => {
    const next = withKeptParts(structuredClone(given), from)
    const change = sent(changeOf(from, next))
    t.ok(serialize(change).length < 4000, message)
    const followed = changedConfig(worker, change)
    t.strictSame(JSON.stringify(followed), JSON.stringify(given), message)
    t.equal(revisionOf(next), revisionOf(given), message)
    return { next, followed }
  }
  const one = of({ name: 'plain', tls: null }, listener(many.with(700, certificate('new'))))
  const first = step(base, base, one, 'one changed')
  const [before, after] = [base, first.followed].map((each) => each.listeners[1]?.tls?.certificates ?? [])
  t.equal(after?.filter((each) => before?.includes(each)).length, 1999)
  const less = of(
    { name: 'plain', tls: null },
    listener(many.with(700, certificate('new')).toSpliced(3, 1).toReversed().slice(0, 20)),
  )
  const second = step(first.followed, first.next, less, 'some removed, all moved')
  const other = of(listener(less.listeners[1]?.tls?.certificates as never, 'secure', false), { name: 'plain', tls: null })
  const third = step(second.followed, second.next, other, 'another key of the listener')
  t.equal(third.next.listeners[0]?.tls, second.next.listeners[1]?.tls)
  t.not(revisionOf(third.next), revisionOf(second.next))
  const renamed = of(listener([certificate('x')], 'renamed'))
  step(third.followed, third.next, renamed, 'another name')
})
