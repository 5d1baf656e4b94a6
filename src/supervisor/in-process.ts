// The data plane in this very process: `workers: 0`, and embedding.

import type { GatewayConfig } from '../config/model.ts'
import type { LogFunction } from '../telemetry/log.ts'
import { ownListen } from './own-listen.ts'
import type { DataPlaneFace, ListenerAddress, MakeDataPlane, PlaneEvents, Planes } from './plane.ts'

/** The name under which it reports. */
const WORKER = 0

export class InProcess implements Planes {
  readonly #plane: DataPlaneFace<unknown>
  readonly #events: PlaneEvents
  #state: 'new' | 'serving' | 'ended' = 'new'

  constructor(makePlane: MakeDataPlane, id: string, log: LogFunction, events: PlaneEvents) {
    this.#plane = makePlane({ id, share: 1, listen: ownListen, log })
    this.#events = events
  }

  async start(config: GatewayConfig): Promise<ListenerAddress[]> {
    const addresses = await this.apply(config)
    this.#state = 'serving'
    return addresses
  }

  async apply(config: GatewayConfig): Promise<ListenerAddress[]> {
    const prepared = await this.#plane.prepare(config)
    if (this.#state === 'ended') {
      this.#plane.discard(prepared)
      throw new Error('the gateway is ending')
    }
    this.#plane.commit(prepared)
    return this.#plane.addresses()
  }

  async collect(): Promise<void> {
    this.#events.report(WORKER, this.#plane.collect())
  }

  serving(): number {
    return this.#state === 'serving' ? 1 : 0
  }

  async drain(timeoutMs: number): Promise<void> {
    await this.#plane.drain(timeoutMs)
    this.#state = 'ended'
    await this.collect()
    this.#plane.close()
  }

  kill(): void {
    this.#state = 'ended'
    this.#plane.close()
  }
}
