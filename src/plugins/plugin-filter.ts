// A plugin as a filter: calls its hooks, times them, and decides what its mistakes mean. Whatever a hook throws stays here.

import type { Clock } from '../model/clock.ts'
import type { PluginCounters } from '../model/counters.ts'
import type { Exchange } from '../model/exchange.ts'
import type { Filter } from '../model/filter.ts'
import type { LocalAnswer, ResponseHead } from '../model/message.ts'
import { problem } from '../model/problem.ts'
import type { Plugin } from '../plugin-api.ts'
import { PluginExchange } from './plugin-exchange.ts'

export interface PluginUse {
  readonly options: unknown
  /** What a mistake of the plugin means: closed = 500, open = go on as if it were not there. */
  readonly onError: 'closed' | 'open'
  /** Milliseconds for a hook. */
  readonly budget: number
}

export interface PluginEnvironment {
  readonly clock: Clock
  readonly counters: PluginCounters
  /** Told of mistakes; not each of them when they are many. */
  readonly report: (message: string, fields: Readonly<Record<string, unknown>>) => void
}

export function pluginFilter(plugin: Plugin<unknown>, use: PluginUse, environment: PluginEnvironment): Filter {
  const caller = new PluginCaller(plugin, use, environment)
  return {
    name: 'plugin',
    ...(plugin.async === true ? { async: true } : {}),
    explain: () => `plugin ${plugin.name}: its code is not run here`,
    ...(plugin.onRequest ? { onRequest: (x: Exchange) => caller.request(x) } : {}),
    // Also for `onEnd`, which is told the endpoint: when the exchange is over nobody knows it any more.
    ...(plugin.onResponse || plugin.onEnd ? { onResponse: (x: Exchange, head: ResponseHead) => caller.response(x, head) } : {}),
    ...(plugin.onEnd ? { onEnd: (x: Exchange) => caller.end(x) } : {}),
  }
}

type Hook = 'onRequest' | 'onResponse' | 'onEnd'

class PluginCaller {
  readonly #plugin: Plugin<unknown>
  readonly #options: unknown
  readonly #open: boolean
  readonly #budget: number
  readonly #environment: PluginEnvironment
  /** Several hooks share what they see of an exchange. */
  readonly #shared: boolean

  constructor(plugin: Plugin<unknown>, { options, onError, budget }: PluginUse, environment: PluginEnvironment) {
    this.#plugin = plugin
    this.#options = frozen(options)
    this.#open = onError === 'open'
    this.#budget = budget
    this.#environment = environment
    const hooks = [plugin.onRequest, plugin.onResponse, plugin.onEnd].filter((hook) => hook !== undefined)
    this.#shared = hooks.length > 1 || plugin.onEnd !== undefined
  }

  request(x: Exchange): LocalAnswer | null | Promise<LocalAnswer | null> {
    const { fields, path, query, authority } = x
    const view = this.#view(x)
    view.enter('request', null)
    const started = this.#environment.clock.now()
    let error: unknown
    try {
      const returned = this.#plugin.onRequest?.(view, this.#options)
      if (!(returned instanceof Promise)) {
        this.#took('onRequest', started)
        return view.leave()
      }
      if (this.#plugin.async === true) {
        return this.#wait(returned, view, started, (late) => this.#undo(x, view, fields, path, query, authority, late))
      }
      returned.catch(() => {})
      error = new Error('it returned a promise; write "async: true" beside the hooks')
    } catch (thrown) {
      error = thrown
    }
    this.#took('onRequest', started)
    return this.#undo(x, view, fields, path, query, authority, error)
  }

  /** What a hook has changed that did not come to its end is half of what it meant to change. */
  #undo(
    x: Exchange,
    view: PluginExchange,
    fields: string,
    path: string,
    query: string,
    authority: string,
    error: unknown,
  ): LocalAnswer | null {
    view.leave()
    x.fields = fields
    x.path = path
    x.query = query
    x.authority = authority
    return this.#failed(x, 'onRequest', error)
  }

  #wait(
    pending: Promise<unknown>,
    view: PluginExchange,
    started: number,
    failed: (error: unknown) => LocalAnswer | null,
  ): Promise<LocalAnswer | null> {
    return new Promise((resolve) => {
      let over = false
      const end = (answer: () => LocalAnswer | null): void => {
        if (over) return
        over = true
        clearTimeout(timer)
        this.#observe(started)
        resolve(answer())
      }
      const timer = setTimeout(() => end(() => failed(new Error(`it took longer than ${this.#budget} ms`))), this.#budget)
      pending.then(
        () => end(() => view.leave()),
        (error) => end(() => failed(error)),
      )
    })
  }

  response(x: Exchange, head: ResponseHead): LocalAnswer | null {
    const { status, phrase, fields, dated } = head
    const view = this.#view(x)
    view.enter('response', head)
    if (this.#plugin.onResponse === undefined) return view.leave()
    const started = this.#environment.clock.now()
    try {
      mustNotWait(this.#plugin.onResponse(view, this.#options))
      this.#took('onResponse', started)
      return view.leave()
    } catch (error) {
      this.#took('onResponse', started)
      view.leave()
      Object.assign(head, { status, phrase, fields, dated })
      return this.#failed(x, 'onResponse', error)
    }
  }

  end(x: Exchange): void {
    const view = this.#view(x)
    view.enter('over', null)
    const started = this.#environment.clock.now()
    try {
      mustNotWait(this.#plugin.onEnd?.(view, this.#options))
    } catch (error) {
      this.#failed(x, 'onEnd', error)
    }
    this.#took('onEnd', started)
  }

  #view(x: Exchange): PluginExchange {
    if (!this.#shared) return new PluginExchange(x)
    x.kept ??= new Map()
    let view = x.kept.get(this) as PluginExchange | undefined
    if (view === undefined) {
      view = new PluginExchange(x)
      x.kept.set(this, view)
    }
    return view
  }

  #observe(started: number): number {
    const took = this.#environment.clock.now() - started
    this.#environment.counters.duration.observe(took)
    return took
  }

  /** Of a hook that ran in one go: it cannot be interrupted, only reported. */
  #took(hook: Hook, started: number): void {
    const took = this.#observe(started)
    if (took <= this.#budget) return
    this.#environment.counters.overBudget++
    this.#report(`took ${Math.round(took)} ms of its ${this.#budget} ms, and nothing else ran meanwhile`, hook)
  }

  #failed(x: Exchange, hook: Hook, error: unknown): LocalAnswer | null {
    this.#environment.counters.errors++
    this.#report(error instanceof Error ? (error.stack ?? error.message) : String(error), hook)
    return this.#open ? null : problem('plugin-error', `plugin ${this.#plugin.name}`, x.listener.detail)
  }

  #report(error: string, hook: Hook): void {
    this.#environment.report('a plugin made a mistake', { plugin: this.#plugin.name, hook, error })
  }
}

function mustNotWait(returned: unknown): void {
  if (!(returned instanceof Promise)) return
  returned.catch(() => {})
  throw new Error('it returned a promise, and nobody waits for it')
}

/** One object for all exchanges: what one plugin call changes would be there for all others. */
function frozen<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value
  for (const inner of Object.values(value)) frozen(inner)
  return Object.freeze(value)
}
