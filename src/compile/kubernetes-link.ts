// The connections to Kubernetes: one for everybody who asks the same API server about the same namespaces, loaded when somebody asks,
// closed when nobody does any more.

import type { KubernetesConfig, KubernetesServiceConfig } from '../config/model.ts'
import type { EndpointDiscovery } from '../kubernetes/endpoint-discovery.ts'
import type { KubernetesEnvironment } from '../kubernetes/environment.ts'
import type { Informers } from '../kubernetes/informers.ts'
import type { FollowName } from '../kubernetes/service-watcher.ts'
import type { Clock } from '../model/clock.ts'
import { Deadlines } from '../model/deadlines.ts'
import type { EndpointSpec } from '../model/endpoint.ts'

type Publish = (endpoints: readonly EndpointSpec[], trouble?: string) => void
type Failed = (reason: string) => void
type Place = Pick<KubernetesConfig, 'kubeconfig' | 'namespaces'>

export interface Connected {
  readonly informers: Informers
  /** `zone` is this gateway's, null = not known. */
  endpoints(zone: string | null): EndpointDiscovery
}

interface Connection {
  readonly connected: Promise<Connected>
  /** null = it is still being loaded. */
  informers: Informers | null
  users: number
}

export interface LinkSettings extends Omit<KubernetesEnvironment, 'deadlines'> {
  readonly clock: Clock
}

export class KubernetesLink {
  /** Turns only while there is a connection. */
  readonly environment: KubernetesEnvironment
  readonly #connections = new Map<string, Connection>()

  constructor({ clock, random, log }: LinkSettings) {
    this.environment = { deadlines: new Deadlines(clock), random, log }
  }

  /** Release once; rejects only when the code cannot be loaded. */
  open({ kubeconfig, namespaces }: Place): { readonly connected: Promise<Connected>; release(): void } {
    const key = placeKey({ kubeconfig, namespaces })
    const connection = this.#connections.get(key) ?? this.#connect({ kubeconfig, namespaces })
    connection.users++
    this.#connections.set(key, connection)
    let released = false
    return {
      connected: connection.connected,
      release: () => {
        if (released) return
        released = true
        if (--connection.users > 0) return
        this.#connections.delete(key)
        if (this.#connections.size === 0) this.environment.deadlines.stop()
        connection.connected.then(
          ({ informers }) => informers.stop(),
          () => {},
        )
      },
    }
  }

  /** The endpoints of one Service; as `Discovery.watch`. */
  watch(place: Place, zone: string | null, spec: KubernetesServiceConfig, publish: Publish, failed: Failed): () => void {
    const { connected, release } = this.open(place)
    let stopped = false
    let stop = (): void => {}
    connected.then(
      ({ endpoints }) => {
        if (!stopped) stop = endpoints(zone).watch(spec, publish, failed)
      },
      (error: Error) => {
        if (!stopped) failed(error.message)
      },
    )
    return () => {
      stopped = true
      stop()
      release()
    }
  }

  /** By kind, how old (ms) what is known of it is; the oldest, where there are several connections. */
  ages(): ReadonlyMap<string, number> {
    const ages = new Map<string, number>()
    for (const { informers } of this.#connections.values()) {
      for (const [kind, age] of informers?.ages() ?? []) ages.set(kind, Math.max(age, ages.get(kind) ?? 0))
    }
    return ages
  }

  #connect(place: Place): Connection {
    this.environment.deadlines.start()
    const connected = this.#load(place)
    const connection: Connection = { connected, informers: null, users: 0 }
    connected.then(
      ({ informers }) => {
        connection.informers = informers
      },
      () => {},
    )
    return connection
  }

  async #load(place: Place): Promise<Connected> {
    const [{ connectKubernetes, EndpointDiscovery }, { dnsDiscovery }] = await Promise.all([
      import('../kubernetes/connect.ts'),
      import('../discovery/dns.ts'),
    ])
    const informers = connectKubernetes(place, this.environment)
    const dns = dnsDiscovery(this.environment)
    const byZone = new Map<string | null, EndpointDiscovery>()
    // Whoever may write Services may not say what the gateway's own machine is asked for.
    const followName: FollowName = (name, port, publish, failed) =>
      dns.watch({ name, port, type: 'a', refresh: null, resolver: [], local: false }, publish, failed)
    return {
      informers,
      endpoints(zone) {
        const discovery = byZone.get(zone) ?? new EndpointDiscovery({ informers, zone, followName })
        byZone.set(zone, discovery)
        return discovery
      },
    }
  }
}

/** Equal for who can share a connection. */
export function placeKey({ kubeconfig, namespaces }: Place): string {
  return JSON.stringify([kubeconfig, namespaces])
}
