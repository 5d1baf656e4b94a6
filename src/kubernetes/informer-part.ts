// What an informer knows of one namespace, or of all: puts lists and events into its objects, and says what is wrong.

import { isDeepStrictEqual } from 'node:util'
import type { ApiClient } from './api-client.ts'
import { ApiError } from './api-error.ts'
import type { KubernetesEnvironment } from './environment.ts'
import { ListWatch } from './list-watch.ts'
import { collectionPath, keyOf, type RawObject, type Resource, resourceName } from './resource.ts'

export interface InformerSettings<Kept> {
  readonly client: ApiClient
  readonly resource: Resource<RawObject, Kept>
  /** Empty = all; not looked at where the kind has none. */
  readonly namespaces: readonly string[]
  readonly environment: KubernetesEnvironment
}

/** One namespace of it, or everything. */
export class InformerPart<Kept> {
  synced = false
  absent = false
  /** This account may not see it, so that it will not be known until somebody changes that. */
  refused = false
  trouble = ''
  aliveAt: number
  /** null = all. */
  readonly namespace: string | null
  readonly #settings: InformerSettings<Kept>
  readonly #objects: Map<string, Kept>
  readonly #note: (key: string | null, before: Kept | null) => void
  /** Of its own objects. */
  #versions = new Map<string, string>()
  #listed = new Map<string, string>()
  readonly #watch: ListWatch

  constructor(
    namespace: string | null,
    settings: InformerSettings<Kept>,
    objects: Map<string, Kept>,
    note: (key: string | null, before: Kept | null) => void,
  ) {
    this.namespace = namespace
    this.#settings = settings
    this.#objects = objects
    this.#note = note
    const { client, resource, environment } = settings
    this.aliveAt = environment.deadlines.clock.now()
    this.#watch = new ListWatch({
      client,
      path: collectionPath(resource, namespace),
      environment,
      sink: {
        listing: () => {
          this.#listed = new Map()
        },
        listed: (object) => this.#list(object),
        complete: () => this.#complete(),
        changed: (object) => this.#put(keyOf(object), object),
        gone: (object) => this.#drop(keyOf(object)),
        alive: () => this.#alive(),
        failed: (error, verb) => this.#failed(error, verb),
      },
    })
  }

  stop(): void {
    this.#watch.stop()
  }

  #list(object: RawObject): void {
    const key = keyOf(object)
    const version = object.metadata.resourceVersion ?? ''
    this.#listed.set(key, version)
    if (version === '' || this.#versions.get(key) !== version) this.#put(key, object)
  }

  #complete(): void {
    const listed = this.#listed
    for (const key of [...this.#versions.keys()]) if (!listed.has(key)) this.#drop(key)
    this.#listed = new Map()
    this.absent = false
    this.refused = false
    this.#begin()
  }

  /** Everything is known: told from now on, the first time with all that there is. */
  #begin(): void {
    if (this.synced) return
    this.synced = true
    this.#note(null, null)
    for (const key of this.#versions.keys()) this.#note(key, null)
  }

  #put(key: string, object: RawObject): void {
    const before = this.#objects.get(key) ?? null
    this.#versions.set(key, object.metadata.resourceVersion ?? '')
    try {
      const kept = this.#settings.resource.prune(object, before ?? undefined)
      // Most changes are of what nobody here looks at.
      if (before !== null && isDeepStrictEqual(before, kept)) return
      this.#objects.set(key, kept)
    } catch (error) {
      this.#objects.delete(key)
      const { environment, resource } = this.#settings
      environment.log('warn', 'an object of Kubernetes cannot be read', {
        kind: resource.kind,
        object: key,
        reason: (error as Error).message,
      })
    }
    if (this.synced) this.#note(key, before)
  }

  #drop(key: string): void {
    const before = this.#objects.get(key) ?? null
    this.#versions.delete(key)
    this.#objects.delete(key)
    if (this.synced) this.#note(key, before)
  }

  #alive(): void {
    const { environment, resource } = this.#settings
    this.aliveAt = environment.deadlines.clock.now()
    if (this.trouble === '') return
    this.trouble = ''
    environment.log('info', 'Kubernetes answers again', { kind: resource.kind, ...this.#where() })
  }

  #failed(error: Error, verb: 'list' | 'watch'): void {
    const { environment, resource } = this.#settings
    const status = error instanceof ApiError ? error.status : 0
    if (status === 404) {
      this.#unknown()
      return
    }
    if (status === 403 && !this.refused) {
      this.refused = true
      this.#note(null, null)
    }
    const trouble =
      status === 403 ? `may not ${verb} ${resourceName(resource)}` : `${verb} ${resourceName(resource)}: ${error.message}`
    if (trouble === this.trouble) return
    this.trouble = trouble
    const fields = { kind: resource.kind, ...this.#where(), objects: this.#versions.size, reason: error.message }
    if (status === 403)
      environment.log('error', `Kubernetes refuses: this account ${trouble}${this.#inWords()}`, {
        verb,
        resource: resourceName(resource),
        ...fields,
      })
    else
      environment.log(
        'warn',
        this.synced ? 'Kubernetes does not answer; the last good state stays' : 'Kubernetes does not answer',
        fields,
      )
  }

  /** The kind is not there: as good as no objects. */
  #unknown(): void {
    const { environment, resource } = this.#settings
    this.aliveAt = environment.deadlines.clock.now()
    if (!this.absent)
      environment.log('info', 'the API server does not know this kind', {
        kind: resource.kind,
        resource: resourceName(resource),
      })
    for (const key of [...this.#versions.keys()]) this.#drop(key)
    this.trouble = ''
    this.absent = true
    this.#begin()
  }

  #where(): { namespace?: string } {
    return this.namespace === null ? {} : { namespace: this.namespace }
  }

  #inWords(): string {
    if (!this.#settings.resource.namespaced) return ''
    return this.namespace === null ? ' in all namespaces' : ` in the namespace ${this.namespace}`
  }
}
