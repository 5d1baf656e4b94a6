// Moves parts of the limits of upstreams between workers, to where they are needed. Nothing is remembered that a worker knows
// better: each round asks all of them, takes first, and gives only what has been taken.

import { type Quota, type QuotaGrant, type QuotaUse, sameQuota } from '../model/quota.ts'
import { divideLimit } from './divide-limit.ts'

/** A worker as the desk sees it. */
export interface QuotaHolder {
  /** Both resolve with how it uses each of the upstreams; those that it does not have are left out. */
  use(upstreams: readonly string[]): Promise<readonly QuotaUse[]>
  grant(grants: readonly QuotaGrant[]): Promise<readonly QuotaUse[]>
}

const LIMITS = ['connections', 'pending', 'requests'] as const

export class LimitDesk {
  /** Everybody who may hold something; null while somebody may who cannot be asked. */
  readonly #holders: () => readonly QuotaHolder[] | null
  /** Upstreams whose parts are not even any more: a worker that starts begins without any. */
  readonly #uneven = new Set<string>()
  #waiting = new Set<string>()
  #running = false
  #turn = 0

  constructor(holders: () => readonly QuotaHolder[] | null) {
    this.#holders = holders
  }

  get uneven(): readonly string[] {
    return [...this.#uneven]
  }

  /** A worker has come near its part: for the next `round`. */
  near(upstreams: readonly string[]): void {
    for (const upstream of upstreams) this.#waiting.add(upstream)
  }

  /** Forgets upstreams that the configuration does not name any more. */
  retain(names: (upstream: string) => boolean): void {
    for (const upstream of this.#uneven) if (!names(upstream)) this.#uneven.delete(upstream)
  }

  /** Divides anew what somebody has come near of. One at a time; who is called meanwhile is served by the running one. */
  async round(): Promise<void> {
    if (this.#running) return
    this.#running = true
    try {
      while (this.#waiting.size > 0) {
        const holders = this.#holders()
        if (holders === null || holders.length === 0) return
        const upstreams = [...this.#waiting]
        this.#waiting = new Set()
        await this.#divide(holders, upstreams)
      }
    } catch {
      // Somebody has ended or does not answer: who still needs more says so again.
    } finally {
      this.#running = false
    }
  }

  async #divide(holders: readonly QuotaHolder[], upstreams: readonly string[]): Promise<void> {
    const uses = byUpstream(await Promise.all(holders.map((holder) => holder.use(upstreams))))
    const plans = new Map<string, readonly Quota[]>()
    this.#turn++
    for (const [upstream, using] of uses) {
      // One that does not have it, or has other limits, is in the middle of a reload.
      if (using.length < holders.length || !sameLimits(using)) continue
      const quotas = divided(using, this.#turn)
      if (quotas.every((quota, i) => sameQuota(quota, (using[i] as QuotaUse).quota))) continue
      this.#uneven.add(upstream)
      plans.set(upstream, quotas)
    }
    if (plans.size === 0) return
    const less = holders.map((_, i) => grants(plans, i, (upstream, quota) => smaller(quota, at(uses, upstream, i).quota)))
    const taken = byUpstream(await Promise.all(holders.map((holder, i) => holder.grant(less[i] ?? []))))
    const free = new Map([...taken].map(([upstream, using]) => [upstream, unused(using)]))
    const more = holders.map((_, i) =>
      grants(plans, i, (upstream, quota) => {
        const rest = free.get(upstream)
        return rest === undefined ? quota : raised(at(taken, upstream, i).quota, quota, rest)
      }),
    )
    await Promise.all(holders.map((holder, i) => holder.grant(more[i] ?? [])))

    function grants(
      planned: ReadonlyMap<string, readonly Quota[]>,
      holder: number,
      choose: (upstream: string, quota: Quota) => Quota,
    ): QuotaGrant[] {
      return [...planned].map(([upstream, quotas]) => ({
        upstream,
        limits: at(uses, upstream, holder).limits,
        quota: choose(upstream, quotas[holder] as Quota),
      }))
    }
  }
}

function at(uses: ReadonlyMap<string, readonly QuotaUse[]>, upstream: string, holder: number): QuotaUse {
  return uses.get(upstream)?.[holder] as QuotaUse
}

function byUpstream(answers: readonly (readonly QuotaUse[])[]): Map<string, QuotaUse[]> {
  const found = new Map<string, QuotaUse[]>()
  for (const use of answers.flat()) {
    const uses = found.get(use.upstream)
    if (uses === undefined) found.set(use.upstream, [use])
    else uses.push(use)
  }
  return found
}

const sameLimits = (uses: readonly QuotaUse[]): boolean =>
  uses.every(({ limits }) => sameQuota(limits, (uses[0] as QuotaUse).limits))

function divided(uses: readonly QuotaUse[], turn: number): Quota[] {
  const { limits } = uses[0] as QuotaUse
  const needs = uses.map(({ need }) => need)
  const [connections, pending, requests] = LIMITS.map((name) => divideLimit(limits[name], needs, turn)) as [
    number[],
    number[],
    number[],
  ]
  return uses.map((_, i) => ({
    connections: connections[i] as number,
    pending: limits.pending === 0 ? 0 : Math.max(pending[i] as number, 1),
    requests: requests[i] as number,
  }))
}

const smaller = (a: Quota, b: Quota): Quota => ({
  connections: Math.min(a.connections, b.connections),
  pending: Math.min(a.pending, b.pending),
  requests: Math.min(a.requests, b.requests),
})

/** What nobody has: what still runs above somebody's part counts as had. */
function unused(uses: readonly QuotaUse[]): { connections: number; requests: number } {
  const { limits } = uses[0] as QuotaUse
  const left = { connections: limits.connections, requests: limits.requests }
  for (const { quota, connections, requests } of uses) {
    left.connections -= Math.max(quota.connections, connections)
    left.requests -= Math.max(quota.requests, requests)
  }
  return left
}

/** Takes what it raises out of `free`. */
function raised(has: Quota, wanted: Quota, free: { connections: number; requests: number }): Quota {
  const connections = Math.max(0, Math.min(wanted.connections - has.connections, free.connections))
  const requests = Math.max(0, Math.min(wanted.requests - has.requests, free.requests))
  free.connections -= connections
  free.requests -= requests
  return { connections: has.connections + connections, pending: wanted.pending, requests: has.requests + requests }
}
