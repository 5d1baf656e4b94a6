// Which host's routes are asked, most specific first: the exact host, wildcards from the longest, then the routes of every host.

import { HostScope, type PathNode } from './host-scope.ts'
import { mix, SliceMap } from './slice-map.ts'

const DOT = 0x2e

export class HostIndex<R> {
  /** Keys are `example.org` and, for `*.example.org`, `.example.org`. */
  readonly #scopes = new SliceMap<HostScope<R>>()
  readonly #paths = new SliceMap<PathNode<R>>()
  readonly #all: HostScope<R>[] = []
  readonly everyHost: HostScope<R>
  /** Of the keys, in characters: a longer request host is not read beyond. */
  #longest = 0

  constructor() {
    this.everyHost = this.#make('')
  }

  get scopes(): readonly HostScope<R>[] {
    return this.#all
  }

  /** The scope of a host as written, made when there is none. */
  scopeFor(host: string): HostScope<R> {
    const key = host.startsWith('*') ? host.slice(1) : host
    if (key === '') return this.everyHost
    let hash = 0
    for (let i = key.length - 1; i >= 0; i--) hash = mix(hash, key.charCodeAt(i))
    let scope = this.#scopes.find(hash, 0, key, 0, key.length)
    if (scope === null) {
      scope = this.#make(host)
      this.#scopes.add(hash, 0, key, scope)
      this.#longest = Math.max(this.#longest, key.length)
    }
    return scope
  }

  /** Call once, when all routes are in. */
  seal(): void {
    for (const scope of this.#all) {
      scope.seal()
      if (scope !== this.everyHost) scope.wider = this.#nextWider(scope)
    }
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
      if (unit === DOT && i > 0) best = this.#scopes.find(hash, 0, host, i, length) ?? best
    }
    return stop === 0 && length > 0 ? (this.#scopes.find(hash, 0, host, 0, length) ?? best) : best
  }

  /** The longest wildcard that covers all that `scope` covers. */
  #nextWider(scope: HostScope<R>): HostScope<R> {
    const name = scope.host.startsWith('*.') ? scope.host.slice(2) : scope.host
    let best = this.everyHost
    let hash = 0
    for (let i = name.length - 1; i > 0; i--) {
      const unit = name.charCodeAt(i)
      hash = mix(hash, unit)
      if (unit === DOT) best = this.#scopes.find(hash, 0, name, i, name.length) ?? best
    }
    return best
  }

  #make(host: string): HostScope<R> {
    const scope = new HostScope<R>(host, this.#all.length, this.#paths)
    this.#all.push(scope)
    return scope
  }
}
