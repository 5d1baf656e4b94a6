// The connection to Kubernetes: one for everybody who asks with the same configuration, loaded when somebody asks, closed when nobody
// does any more.

import type { KubernetesConfig, KubernetesServiceConfig } from '../config/model.ts'
import type { EndpointDiscovery } from '../kubernetes/endpoint-discovery.ts'
import type { KubernetesEnvironment } from '../kubernetes/environment.ts'
import type { Informers } from '../kubernetes/informers.ts'
import type { EndpointSpec } from '../model/endpoint.ts'

type Publish = (endpoints: readonly EndpointSpec[], trouble?: string) => void
type Failed = (reason: string) => void

export interface Connected {
  readonly informers: Informers
  readonly endpoints: EndpointDiscovery
}

interface Connection {
  readonly connected: Promise<Connected>
  /** null = it is still being loaded. */
  informers: Informers | null
  users: number
}

export class KubernetesLink {
  readonly #environment: KubernetesEnvironment
  readonly #connections = new Map<string, Connection>()

  constructor(environment: KubernetesEnvironment) {
    this.#environment = environment
  }

  /** `zone` is this gateway's, null = not known. Release once; rejects only when the code cannot be loaded. */
  open(config: KubernetesConfig, zone: string | null): { readonly connected: Promise<Connected>; release(): void } {
    const key = JSON.stringify([config, zone])
    const connection = this.#connections.get(key) ?? this.#connect(config, zone)
    connection.users++
    this.#connections.set(key, connection)
    return {
      connected: connection.connected,
      release: () => {
        if (--connection.users > 0) return
        this.#connections.delete(key)
        connection.connected.then(
          ({ informers }) => informers.stop(),
          () => {},
        )
      },
    }
  }

  /** The endpoints of one Service; as `Discovery.watch`. */
  watch(
    config: KubernetesConfig,
    zone: string | null,
    spec: KubernetesServiceConfig,
    publish: Publish,
    failed: Failed,
  ): () => void {
    const { connected, release } = this.open(config, zone)
    let stopped = false
    let stop = (): void => {}
    connected.then(
      ({ endpoints }) => {
        if (!stopped) stop = endpoints.watch(spec, publish, failed)
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

  #connect(config: KubernetesConfig, zone: string | null): Connection {
    const connected = this.#load(config, zone)
    const connection: Connection = { connected, informers: null, users: 0 }
    connected.then(
      ({ informers }) => {
        connection.informers = informers
      },
      () => {},
    )
    return connection
  }

  async #load(config: KubernetesConfig, zone: string | null): Promise<Connected> {
    const [{ connectKubernetes, EndpointDiscovery }, { dnsDiscovery }] = await Promise.all([
      import('../kubernetes/connect.ts'),
      import('../discovery/dns.ts'),
    ])
    const informers = connectKubernetes(config, this.#environment)
    const dns = dnsDiscovery(this.#environment)
    const endpoints = new EndpointDiscovery({
      informers,
      zone,
      followName: (name, port, publish, failed) =>
        dns.watch({ name, port, type: 'a', refresh: null, resolver: [] }, publish, failed),
    })
    return { informers, endpoints }
  }
}
