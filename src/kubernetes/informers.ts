// One connection to an API server and the informers on it: whoever asks for a kind that is followed already shares what is known.

import type { ApiClient } from './api-client.ts'
import type { KubernetesEnvironment } from './environment.ts'
import { Informer } from './informer.ts'
import type { RawObject, Resource } from './resource.ts'

interface Shared {
  readonly informer: Informer<unknown>
  users: number
}

export interface Followed<Kept> {
  readonly informer: Informer<Kept>
  /** Call once; the last one ends the watch. */
  release(): void
}

export class Informers {
  readonly client: ApiClient
  readonly environment: KubernetesEnvironment
  /** Empty = all. */
  readonly namespaces: readonly string[]
  readonly #shared = new Map<Resource<never, unknown>, Shared>()

  constructor(client: ApiClient, namespaces: readonly string[], environment: KubernetesEnvironment) {
    this.client = client
    this.namespaces = namespaces
    this.environment = environment
  }

  /** By identity: hand in the same object for the same kind. */
  follow<Raw extends RawObject, Kept>(resource: Resource<Raw, Kept>): Followed<Kept> {
    const { client, namespaces, environment } = this
    const known = this.#shared.get(resource)
    const shared = known ?? {
      informer: new Informer({ client, resource: resource as unknown as Resource<RawObject, Kept>, namespaces, environment }),
      users: 0,
    }
    shared.users++
    this.#shared.set(resource, shared as Shared)
    return {
      informer: shared.informer as Informer<Kept>,
      release: () => {
        if (--shared.users > 0) return
        shared.informer.stop()
        this.#shared.delete(resource)
      },
    }
  }

  /** By kind, how old (ms) what is known of it is; where parts of it are followed apart, the oldest of them. */
  ages(): ReadonlyMap<string, number> {
    const ages = new Map<string, number>()
    for (const [{ kind }, { informer }] of this.#shared) ages.set(kind, Math.max(informer.age, ages.get(kind) ?? 0))
    return ages
  }

  stop(): void {
    for (const { informer } of this.#shared.values()) informer.stop()
    this.#shared.clear()
    this.client.close()
  }
}
