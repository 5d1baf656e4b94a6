// One upstream that is told what its Service has.

import type { EndpointSpec } from '../model/endpoint.ts'
import { findPort, type KeptService } from './service.ts'

export interface KubernetesSpec {
  readonly namespace: string
  readonly service: string
  readonly port: string | number
}

export type Publish = (endpoints: readonly EndpointSpec[], trouble?: string) => void
export type Failed = (reason: string) => void

/** Follows the addresses of a name, for ExternalName; returns what stops it. */
export type FollowName = (name: string, port: number, publish: Publish, failed: Failed) => () => void

/** One upstream that is told. */
export class ServiceWatcher {
  readonly spec: KubernetesSpec
  readonly #followName: FollowName
  readonly #publish: Publish
  readonly #failed: Failed
  /** Of an ExternalName: `name:port`; '' = it is none now. */
  #external = ''
  #stopName: () => void = () => {}

  constructor(spec: KubernetesSpec, followName: FollowName, publish: Publish, failed: Failed) {
    this.spec = spec
    this.#followName = followName
    this.#publish = publish
    this.#failed = failed
  }

  found(endpoints: readonly EndpointSpec[], trouble: string): void {
    this.#leaveName()
    this.#publish(endpoints, trouble)
  }

  /** Its ports are optional: without any the number is that of the name. */
  followExternal(service: KeptService): void {
    const { namespace, service: name, port: wanted } = this.spec
    const port = findPort(service, wanted)?.port ?? (typeof wanted === 'number' && service.ports.length === 0 ? wanted : null)
    if (port === null) {
      this.found([], `the Service ${namespace}/${name} is an ExternalName without a port ${wanted}`)
      return
    }
    const external = `${service.externalName}:${port}`
    if (external === this.#external) return
    this.#leaveName()
    this.#external = external
    this.#stopName = this.#followName(service.externalName, port, this.#publish, this.#failed)
  }

  stop(): void {
    this.#leaveName()
  }

  #leaveName(): void {
    this.#stopName()
    this.#stopName = () => {}
    this.#external = ''
  }
}
