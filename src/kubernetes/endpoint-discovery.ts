// Endpoints of upstreams from Services and their EndpointSlices: two watches for all upstreams, and work only for what changed.

import type { Discovery } from '../model/discovery.ts'
import { ENDPOINT_SLICES, type KeptSlice } from './endpoint-slice.ts'
import type { Change } from './informer.ts'
import type { Followed, Informers } from './informers.ts'
import { type KeptService, SERVICES } from './service.ts'
import { endpointsOfService } from './service-endpoints.ts'
import { type Failed, type FollowName, type KubernetesSpec, type Publish, ServiceWatcher } from './service-watcher.ts'

export interface EndpointDiscoverySettings {
  readonly informers: Informers
  readonly followName: FollowName
  /** Zone of this gateway; null = not known. */
  readonly zone: string | null
}

/**
 * What the API server says about a Service is told to its upstreams. That it does not answer is not: the informers say so once, not
 * once for each upstream, and the last good sets stay.
 */
export class EndpointDiscovery implements Discovery<KubernetesSpec> {
  readonly name = 'kubernetes'
  readonly #settings: EndpointDiscoverySettings
  /** By `namespace/name` of the Service. */
  readonly #watchers = new Map<string, Set<ServiceWatcher>>()
  /** Keys of its slices by the Service. */
  readonly #slicesOf = new Map<string, Set<string>>()
  #services: Followed<KeptService> | null = null
  #slices: Followed<KeptSlice> | null = null
  #unsubscribe: readonly (() => void)[] = []
  /** They wait for the first list of their namespace: half of what there is would look as if the rest were gone. */
  readonly #waiting = new Set<ServiceWatcher>()
  /** Services about which something changed. */
  readonly #dirty = new Set<string>()
  #scheduled: NodeJS.Immediate | null = null

  constructor(settings: EndpointDiscoverySettings) {
    this.#settings = settings
  }

  watch(spec: KubernetesSpec, publish: Publish, failed: Failed): () => void {
    this.#begin()
    const key = `${spec.namespace}/${spec.service}`
    this.#slices?.informer.flush()
    const watcher = new ServiceWatcher(spec, this.#settings.followName, publish, failed)
    this.#watchers.set(key, (this.#watchers.get(key) ?? new Set()).add(watcher))
    if (this.#knows(spec.namespace)) this.#tell(key, watcher)
    else this.#waiting.add(watcher)
    return () => {
      watcher.stop()
      this.#waiting.delete(watcher)
      const others = this.#watchers.get(key)
      others?.delete(watcher)
      if (others?.size === 0) this.#watchers.delete(key)
      if (this.#watchers.size === 0) this.#end()
    }
  }

  #begin(): void {
    if (this.#services !== null) return
    const services = this.#settings.informers.follow(SERVICES)
    const slices = this.#settings.informers.follow(ENDPOINT_SLICES)
    this.#services = services
    this.#slices = slices
    this.#index([...slices.informer.objects].map(([key, now]) => ({ key, before: null, now })))
    this.#unsubscribe = [
      services.informer.subscribe((changes) => this.#changed(changes.map(({ key }) => key))),
      slices.informer.subscribe((changes) => this.#changed(this.#index(changes))),
    ]
  }

  #end(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#services?.release()
    this.#slices?.release()
    this.#services = null
    this.#slices = null
    this.#slicesOf.clear()
    this.#dirty.clear()
    if (this.#scheduled !== null) clearImmediate(this.#scheduled)
    this.#scheduled = null
  }

  /** Keys of the Services that these slices belong or belonged to. */
  #index(changes: readonly Change<KeptSlice>[]): string[] {
    const services: string[] = []
    for (const { key, before, now } of changes) {
      if (before !== null) {
        services.push(before.service)
        if (before.service !== now?.service) this.#unindex(before.service, key)
      }
      if (now === null || now.service === '') continue
      services.push(now.service)
      this.#slicesOf.set(now.service, (this.#slicesOf.get(now.service) ?? new Set()).add(key))
    }
    return services
  }

  #unindex(service: string, slice: string): void {
    const slices = this.#slicesOf.get(service)
    slices?.delete(slice)
    if (slices?.size === 0) this.#slicesOf.delete(service)
  }

  #changed(keys: readonly string[]): void {
    for (const key of keys) this.#dirty.add(key)
    this.#scheduled ??= setImmediate(() => this.#tellChanged())
  }

  /** Of both kinds together: a Service without the slices that came with it would have no endpoint for a moment. */
  #tellChanged(): void {
    this.#services?.informer.flush()
    this.#slices?.informer.flush()
    this.#scheduled = null
    for (const key of this.#dirty) {
      for (const watcher of this.#watchers.get(key) ?? []) if (!this.#waiting.has(watcher)) this.#tell(key, watcher)
    }
    this.#dirty.clear()
    for (const watcher of this.#waiting) {
      const { namespace, service } = watcher.spec
      if (!this.#knows(namespace)) continue
      this.#waiting.delete(watcher)
      this.#tell(`${namespace}/${service}`, watcher)
    }
  }

  #knows(namespace: string): boolean {
    return this.#services?.informer.syncedIn(namespace) === true && this.#slices?.informer.syncedIn(namespace) === true
  }

  #tell(key: string, watcher: ServiceWatcher): void {
    const service = this.#services?.informer.objects.get(key)
    if (service === undefined) watcher.found([], `the Service ${key} does not exist`)
    else if (service.externalName !== '') watcher.followExternal(service)
    else this.#tellSlices(key, service, watcher)
  }

  #tellSlices(key: string, service: KeptService, watcher: ServiceWatcher): void {
    const slices = [...(this.#slicesOf.get(key) ?? [])].flatMap((slice) => this.#slices?.informer.objects.get(slice) ?? [])
    const { endpoints, trouble } = endpointsOfService(key, service, slices, watcher.spec.port, this.#settings.zone)
    watcher.found(endpoints, trouble)
  }
}
