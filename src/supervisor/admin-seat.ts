// The admin API's place: one server, exchanged when a reload changes what the configuration says about it.

import type { AdminConfig } from '../config/model.ts'
import { BindError, codeOf } from './bind-address.ts'

export interface AdminFace {
  /** Resolves with the real address; rejects when it cannot listen. */
  start(): Promise<string>
  close(): unknown
}

export class AdminSeat {
  readonly #open: (config: AdminConfig) => Promise<AdminFace>
  #config: AdminConfig | null = null
  #server: AdminFace | null = null
  /** Where it really listens; null when there is none. */
  address: string | null = null

  constructor(open: (config: AdminConfig) => Promise<AdminFace>) {
    this.#open = open
  }

  /** Rejects when the new one cannot be had; the old one then stays. */
  async follow(config: AdminConfig | null): Promise<void> {
    const before = this.#config
    if (JSON.stringify(config) === JSON.stringify(before)) return
    if (config === null) return this.close()
    if (config.bind !== before?.bind) {
      const old = this.#server
      await this.#start(config)
      await old?.close()
      return
    }
    await this.#server?.close()
    try {
      await this.#start(config)
    } catch (error) {
      await this.#start(before)
      throw error
    }
  }

  async close(): Promise<void> {
    const server = this.#server
    this.#server = null
    this.#config = null
    this.address = null
    await server?.close()
  }

  async #start(config: AdminConfig): Promise<void> {
    const server = await this.#open(config).catch((error: Error) => {
      throw Object.assign(error, { operational: true })
    })
    try {
      this.address = await server.start()
    } catch (error) {
      throw new BindError(config.bind, codeOf(error), 'the admin API ')
    }
    this.#server = server
    this.#config = config
  }
}
