// What a worker has been told: the configuration that it serves, and the endpoints of discovered upstreams. The supervisor keeps the same
// books (`ToldConfig`), and says only what is not in them.

import { changedConfig } from '../config/change.ts'
import type { GatewayConfig } from '../config/model.ts'
import type { EndpointSets } from '../model/discovery.ts'
import type { EndpointSpec } from '../model/endpoint.ts'
import { BASE_LOST, type NextConfig } from './messages.ts'

export class KnownConfig {
  #served: { readonly config: GatewayConfig; readonly revision: string } | null = null
  readonly #sets = new Map<string, readonly EndpointSpec[]>()

  /** Of all discovered upstreams, as far as they are known. */
  get sets(): EndpointSets {
    return this.#sets
  }

  told(sets: EndpointSets): void {
    for (const [upstream, endpoints] of sets) this.#sets.set(upstream, endpoints)
  }

  /** All of what comes next. Throws with the code BASE_LOST when it is told by what is not served. */
  next(next: NextConfig): GatewayConfig {
    if ('base' in next && next.base !== this.#served?.revision)
      throw Object.assign(new Error(`revision ${next.base} is not what is served`), { code: BASE_LOST })
    this.told(next.sets)
    return 'config' in next ? next.config : changedConfig((this.#served as { config: GatewayConfig }).config, next.change)
  }

  /** It is in force now: upstreams that it does not name are forgotten. */
  serves(config: GatewayConfig, revision: string): void {
    this.#served = { config, revision }
    for (const upstream of this.#sets.keys()) if (!Object.hasOwn(config.upstreams, upstream)) this.#sets.delete(upstream)
  }
}

/** The supervisor's books on one worker. */
export class ToldConfig {
  /** '' = none. */
  #revision = ''
  readonly #sets = new Map<string, readonly EndpointSpec[]>()

  told(sets: EndpointSets): void {
    for (const [upstream, endpoints] of sets) this.#sets.set(upstream, endpoints)
  }

  serves(config: GatewayConfig, revision: string): void {
    this.#revision = revision
    for (const upstream of this.#sets.keys()) if (!Object.hasOwn(config.upstreams, upstream)) this.#sets.delete(upstream)
  }

  /** It serves that revision. */
  has(revision: string): boolean {
    return this.#revision !== '' && this.#revision === revision
  }

  /** Those of `sets` that it has not been told as they are. */
  untold(sets: EndpointSets): EndpointSets {
    return new Map([...sets].filter(([upstream, endpoints]) => this.#sets.get(upstream) !== endpoints))
  }
}
