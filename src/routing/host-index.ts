// Which host's routes are asked, most specific first: the exact host, wildcards from the longest, then the routes of every host.

import type { HostRoutes } from './host-routes.ts'
import { HostScope } from './host-scope.ts'
import { mix, SliceMap } from './slice-map.ts'

const DOT = 0x2e

export class HostIndex<R> {
  /** Keys are `example.org` and, for `*.example.org`, `.example.org`. */
  readonly #scopes = new SliceMap<HostScope<R>>()
  readonly #all: HostScope<R>[] = []
  readonly everyHost: HostScope<R>
  /** Of the keys, in characters: a longer request host is not read beyond. */
  #longest = 0

  /** Hosts as written, each once; '' = every host, which must be among them. */
  constructor(hosts: ReadonlyMap<string, HostRoutes<R>>) {
    this.everyHost = new HostScope('', hosts.get('') as HostRoutes<R>)
    this.#all.push(this.everyHost)
    for (const [host, routes] of hosts) if (host !== '') this.#add(host, routes)
    for (const scope of this.#all) if (scope !== this.everyHost) scope.wider = this.#nextWider(scope)
  }

  get scopes(): readonly HostScope<R>[] {
    return this.#all
  }

  #add(host: string, routes: HostRoutes<R>): void {
    const key = host.startsWith('*') ? host.slice(1) : host
    let hash = 0
    for (let i = key.length - 1; i >= 0; i--) hash = mix(hash, key.charCodeAt(i))
    const scope = new HostScope(host, routes)
    this.#scopes.add(hash, key, scope)
    this.#all.push(scope)
    this.#longest = Math.max(this.#longest, key.length)
  }

  /** The most specific scope of a request's host; follow `wider` from there. */
  find(host: string): HostScope<R> {
    const length = host.length
    const stop = length > this.#longest ? length - this.#longest : 0
    let best = this.everyHost
    let hash = 0
    for (let i = length - 1; i >= stop; i--) {
      const unit = host.charCodeAt(i)
      hash = mix(hash, unit)
      if (unit === DOT && i > 0) best = this.#scopes.find(hash, host, i, length) ?? best
    }
    return stop === 0 && length > 0 ? (this.#scopes.find(hash, host, 0, length) ?? best) : best
  }

  /** The longest wildcard that covers all that `scope` covers. */
  #nextWider(scope: HostScope<R>): HostScope<R> {
    const name = scope.host.startsWith('*.') ? scope.host.slice(2) : scope.host
    let best = this.everyHost
    let hash = 0
    for (let i = name.length - 1; i > 0; i--) {
      const unit = name.charCodeAt(i)
      hash = mix(hash, unit)
      if (unit === DOT) best = this.#scopes.find(hash, name, i, name.length) ?? best
    }
    return best
  }
}
