// What went through the gateway since the last tick, from its counters.

import { REASONS } from '../../model/reasons.ts'
import type { AdminState } from '../state.ts'
import { RecentDurations } from './durations.ts'
import { Growth } from './growth.ts'
import type { ErrorCount, Point, Rates } from './messages.ts'

/** Of one endpoint since the last tick. */
export interface Tries {
  all: number
  failed: number
  /** What most of the failed ones came to; null = none failed. */
  outcome: string | null
}

export interface Traffic {
  readonly point: Point
  readonly listeners: Rates
  readonly routes: Rates
  readonly errors: readonly ErrorCount[]
  /** By upstream and address, `upstream address`. */
  readonly tries: ReadonlyMap<string, Tries>
}

export class TrafficMeter {
  readonly #series: AdminState['series']
  readonly #requests = new Growth()
  readonly #rejected = new Growth()
  readonly #attempts = new Growth()
  readonly #durations = new RecentDurations()
  #lastAt: number

  /** `now`: monotonic milliseconds. */
  constructor(series: AdminState['series'], now: number) {
    this.#series = series
    this.#lastAt = now
  }

  /** Call when the series have just been brought up to date. `at`: milliseconds since the epoch. */
  tick(now: number, at: number): Traffic {
    const seconds = Math.max(0.001, (now - this.#lastAt) / 1000)
    this.#lastAt = now
    const listeners = new Map<string, [number, number]>()
    const routes = new Map<string, [number, number]>()
    let requests = 0
    let failed = 0
    this.#requests.tick(this.#series('requests_total'), ({ listener, route, code }, by) => {
      const bad = Number(code) >= 500 ? by : 0
      requests += by
      failed += bad
      if (listener) add(listeners, listener, by, bad)
      if (route) add(routes, route, by, bad)
    })
    this.#durations.tick(this.#series('request_duration_seconds'))
    const tries = new Map<string, Tries>()
    const errors = this.#errors(failed, tries)
    return {
      point: {
        at,
        requests: perSecond(requests, seconds),
        failed: perSecond(failed, seconds),
        p50: this.#durations.quantile(0.5),
        p90: this.#durations.quantile(0.9),
        p99: this.#durations.quantile(0.99),
      },
      listeners: rates(listeners, seconds),
      routes: rates(routes, seconds),
      errors,
      tries: new Map(
        [...tries].map(([key, { all, failed, outcome }]) => [
          key,
          { all: perSecond(all, seconds), failed: perSecond(failed, seconds), outcome },
        ]),
      ),
    }
  }

  #errors(failed: number, tries: Map<string, Tries>): ErrorCount[] {
    const answers = new Map<string, number>()
    let own = 0
    this.#rejected.tick(this.#series('rejected_total'), ({ reason = '' }, by) => {
      answers.set(reason, (answers.get(reason) ?? 0) + by)
      if (reason in REASONS && REASONS[reason as keyof typeof REASONS].status >= 500) own += by
    })
    const outcomes = new Map<string, number>()
    const most = new Map<string, number>()
    this.#attempts.tick(this.#series('attempts_total'), ({ upstream, endpoint, outcome = '' }, by) => {
      const key = `${upstream} ${endpoint}`
      const sum = tries.get(key) ?? { all: 0, failed: 0, outcome: null }
      tries.set(key, sum)
      sum.all += by
      // A client that went away says nothing about the endpoint.
      if (outcome === 'ok' || outcome === 'cancelled') return
      sum.failed += by
      if (by > (most.get(key) ?? 0)) {
        most.set(key, by)
        sum.outcome = outcome
      }
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + by)
    })
    return [
      ...counted('answer', answers),
      ...counted('passed', new Map([['5xx', Math.max(0, failed - own)]])),
      ...counted('try', outcomes),
    ]
  }
}

function add(sums: Map<string, [number, number]>, name: string, all: number, bad: number): void {
  const sum = sums.get(name)
  if (sum === undefined) sums.set(name, [all, bad])
  else {
    sum[0] += all
    sum[1] += bad
  }
}

function counted(kind: ErrorCount['kind'], counts: ReadonlyMap<string, number>): ErrorCount[] {
  return [...counts].filter(([, count]) => count > 0).map(([reason, count]) => ({ kind, reason, count }))
}

function rates(sums: ReadonlyMap<string, readonly [number, number]>, seconds: number): Rates {
  return Object.fromEntries([...sums].map(([name, [all, bad]]) => [name, [perSecond(all, seconds), perSecond(bad, seconds)]]))
}

const perSecond = (count: number, seconds: number): number => Math.round((count / seconds) * 10) / 10
