// Rounds of the desk against workers that are made up: what they hold together never passes the limit.

import t from 'tap'
import type { Quota, QuotaGrant, QuotaUse } from '../../src/model/quota.ts'
import { LimitDesk, type QuotaHolder } from '../../src/supervisor/limit-desk.ts'

const quota = (requests: number, pending = 2): Quota => ({ connections: requests, pending, requests })

class Holder implements QuotaHolder {
  quota: Quota
  running = 0
  need = 0
  limits: Quota
  asked = 0
  fails = false
  /** Called with each grant. */
  granted: () => void = () => {}

  constructor(limit: number, part: number) {
    this.limits = quota(limit)
    this.quota = quota(part)
  }

  async use(): Promise<QuotaUse[]> {
    this.asked++
    if (this.fails) throw new Error('it has ended')
    const { limits, quota, need, running } = this
    return [{ upstream: 'u', limits, quota, need, requests: running, connections: running }]
  }

  async grant(grants: readonly QuotaGrant[]): Promise<QuotaUse[]> {
    for (const { quota } of grants) this.quota = quota
    this.granted()
    return this.use()
  }
}

function desk(limit: number, parts: readonly number[]) {
  const holders = parts.map((part) => new Holder(limit, part))
  const made = new LimitDesk(() => holders)
  return { holders, desk: made, parts: () => holders.map((holder) => holder.quota.requests) }
}

t.test('what one needs and the others do not', async (t) => {
  const { holders, desk: limits, parts } = desk(100, [50, 50])
  const [busy, idle] = holders as [Holder, Holder]
  busy.need = 300
  busy.running = 50
  idle.need = 1
  let most = 0
  for (const holder of holders) {
    holder.granted = () => {
      most = Math.max(
        most,
        parts().reduce((a, b) => a + b),
      )
    }
  }
  limits.near(['u'])
  t.strictSame(limits.uneven, [])
  await limits.round()
  t.strictSame(parts(), [98, 2])
  t.ok(most <= 100, 'never more than the limit at a time')
  t.strictSame(limits.uneven, ['u'])
  const { asked } = busy
  await limits.round()
  t.equal(busy.asked, asked, 'nobody is near: nothing is said')
  limits.near(['u'])
  await limits.round()
  t.equal(busy.asked, asked + 1, 'nothing changes: nothing is granted')
})

t.test('what still runs is not given away', async (t) => {
  const { holders, desk: limits, parts } = desk(10, [5, 5])
  const [one, other] = holders as [Holder, Holder]
  one.running = one.need = 5
  other.need = 50
  one.need = 1
  limits.near(['u'])
  await limits.round()
  t.strictSame(parts(), [1, 5], 'taken, but not free yet')
  one.running = 2
  limits.near(['u'])
  await limits.round()
  t.strictSame(parts(), [1, 8])
  one.running = 0
  limits.near(['u'])
  await limits.round()
  t.strictSame(parts(), [1, 9])
})

t.test('one place goes round', async (t) => {
  const { holders, desk: limits, parts } = desk(1, [1, 0, 0])
  const had = new Set<number>()
  for (let i = 0; i < 6; i++) {
    for (const holder of holders) holder.need = 4
    limits.near(['u'])
    await limits.round()
    t.equal(
      parts().reduce((a, b) => a + b),
      1,
    )
    had.add(parts().indexOf(1))
  }
  t.equal(had.size, 3)
  t.ok(
    holders.every((holder) => holder.quota.pending >= 1),
    'each may wait for it',
  )
})

t.test('in the middle of a reload, or with somebody who does not answer, nothing moves', async (t) => {
  const { holders, desk: limits, parts } = desk(100, [50, 50])
  const [one, other] = holders as [Holder, Holder]
  one.need = 500
  other.limits = quota(200)
  limits.near(['u'])
  await limits.round()
  t.strictSame(parts(), [50, 50])
  other.limits = quota(100)
  other.fails = true
  limits.near(['u'])
  await limits.round()
  t.strictSame(parts(), [50, 50])
  other.fails = false
  limits.near(['u'])
  await limits.round()
  t.ok((parts()[0] as number) > 90)
})

t.test('who has gone does not count; while somebody starts nothing moves', async (t) => {
  const holder = new Holder(100, 50)
  holder.need = 400
  let holders: QuotaHolder[] | null = null
  const limits = new LimitDesk(() => holders)
  limits.near(['u'])
  await limits.round()
  t.equal(holder.asked, 0)
  holders = [holder]
  await limits.round()
  t.equal(holder.quota.requests, 100)
  limits.retain(() => false)
  t.strictSame(limits.uneven, [])
})
