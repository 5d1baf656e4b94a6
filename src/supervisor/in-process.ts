// The data plane in this very process: `workers: 0`, and embedding.

import type { GatewayConfig } from '../config/model.ts'
import type { EndpointSets } from '../model/discovery.ts'
import type { EndpointSpec } from '../model/endpoint.ts'
import type { Explained, ExplainRequest } from '../model/explanation.ts'
import type { HealthUpdate } from '../model/health.ts'

import { WHOLE } from '../model/quota.ts'
import type { SampleBatch } from '../model/request-sample.ts'
import type { UpstreamState } from '../model/upstream-state.ts'
import type { LogFunction } from '../telemetry/log.ts'
import { ownListen } from './own-listen.ts'
import type { DataPlaneFace, ListenerAddress, PlaneEvents, Planes, ProcessParts } from './plane.ts'
import { generatedSecret } from './secret.ts'
import { TicketKeys } from './ticket-keys.ts'

/** The name under which it reports. */
const WORKER = 0

export interface InProcessSettings {
  readonly parts: ProcessParts
  /** Names this gateway, e.g. in Via. */
  readonly id: string
  readonly log: LogFunction
  readonly events: PlaneEvents
}

export class InProcess implements Planes {
  readonly #settings: InProcessSettings
  readonly #plane: DataPlaneFace<unknown>
  #state: 'new' | 'serving' | 'ended' = 'new'
  readonly #tickets = new TicketKeys((keys) => this.#plane.setTicketKeys(keys))

  constructor(settings: InProcessSettings) {
    this.#settings = settings
    const { id, log } = settings
    this.#plane = settings.parts.makePlane({
      id,
      sessionSecret: generatedSecret(),
      part: WHOLE,
      listen: ownListen,
      log,
    })
    this.#plane.setTicketKeys(this.#tickets.current)
  }

  async start(config: GatewayConfig, revision: string, sets: EndpointSets): Promise<ListenerAddress[]> {
    const addresses = await this.apply(config, revision, sets)
    this.#state = 'serving'
    return addresses
  }

  async apply(config: GatewayConfig, _revision: string, sets: EndpointSets): Promise<ListenerAddress[]> {
    const prepared = await this.#plane.prepare(config, sets)
    if (this.#state === 'ended') {
      this.#plane.discard(prepared)
      throw new Error('the gateway is ending')
    }
    this.#plane.commit(prepared)
    return this.#plane.addresses()
  }

  setEndpoints(upstream: string, endpoints: readonly EndpointSpec[]): void {
    if (this.#state !== 'ended') this.#plane.setEndpoints(upstream, endpoints)
  }

  setHealth(upstream: string, update: HealthUpdate): void {
    if (this.#state !== 'ended') this.#plane.setHealth(upstream, update)
  }

  async collect(withGauges = true): Promise<void> {
    const { events } = this.#settings
    events.report(WORKER, this.#plane.collect(withGauges))
    events.lag(WORKER, this.#plane.takeLag() / 1000)
  }

  async explain(request: ExplainRequest): Promise<Explained> {
    return this.#plane.explain(request)
  }

  async upstreams(): Promise<UpstreamState[]> {
    return this.#plane.upstreams()
  }

  async takeSamples(most: number): Promise<SampleBatch> {
    return this.#plane.takeSamples(most)
  }

  serving(): number {
    return this.#state === 'serving' ? 1 : 0
  }

  reopenLogs(): void {
    this.#settings.parts.reopenLogs()
  }

  async drain(timeoutMs: number): Promise<void> {
    await this.#plane.drain(timeoutMs)
    await this.#settings.parts.flush()
    await this.collect()
    this.kill()
  }

  kill(): void {
    this.#state = 'ended'
    this.#tickets.stop()
    this.#plane.close()
  }
}
