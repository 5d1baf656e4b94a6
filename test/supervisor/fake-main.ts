// A program like src/main.ts whose workers have a small data plane of their own: it answers with its pid and what it was told.
// Routes with certain names make it misbehave while it prepares.

import { createServer, type Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import type { GatewayConfig } from '../../src/config/model.ts'
import { systemClock } from '../../src/model/clock.ts'
import { LocalQuotas } from '../../src/model/local-quotas.ts'
import { formatAddress } from '../../src/supervisor/bind-address.ts'
import { runCourier } from '../../src/supervisor/courier.ts'
import type { DataPlaneFace, DataPlaneSettings, ListenerAddress } from '../../src/supervisor/plane.ts'
import { runWorker } from '../../src/supervisor/worker.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { reportOf } from '../support/stats-reports.ts'

interface Prepared {
  readonly config: GatewayConfig
  readonly added: Map<string, Server>
}

class FakePlane implements DataPlaneFace<Prepared> {
  readonly quotas = new LocalQuotas(() => new Map())
  setTicketKeys(): void {}
  readonly #settings: DataPlaneSettings
  readonly #servers = new Map<string, Server>()
  #config: GatewayConfig | null = null
  #requests = 0

  constructor(settings: DataPlaneSettings) {
    this.#settings = settings
  }

  async prepare(config: GatewayConfig): Promise<Prepared> {
    const names = config.routes.map(({ name }) => name)
    if (names.includes('crash')) process.exit(70)
    if (names.includes('crash-one') && process.env.HEADGATE_TEST_FIRST === undefined && Number(process.pid) % 2 === 0)
      process.exit(70)
    if (names.includes('refuse')) throw new Error('this configuration is refused')
    const added = new Map<string, Server>()
    for (const bind of new Set(config.listeners.flatMap((listener) => listener.bind))) {
      if (this.#servers.has(bind)) continue
      const server = createServer((request, response) => {
        this.#requests++
        const answer = () =>
          response.end(JSON.stringify({ pid: process.pid, routes: this.#config?.routes.map(({ name }) => name) }))
        if (request.url === '/slow') setTimeout(answer, 400)
        else answer()
      })
      await this.#settings.listen(server, bind)
      added.set(bind, server)
    }
    return { config, added }
  }

  commit({ config, added }: Prepared): void {
    this.#config = config
    for (const [bind, server] of added) this.#servers.set(bind, server)
    const named = config.listeners.flatMap((listener) => listener.bind)
    for (const [bind, server] of this.#servers) {
      if (named.includes(bind)) continue
      server.close()
      this.#servers.delete(bind)
    }
  }

  setEndpoints(): void {}
  setHealth(): void {}

  discard({ added }: Prepared): void {
    for (const server of added.values()) server.close()
  }

  addresses(): ListenerAddress[] {
    return (this.#config?.listeners ?? []).flatMap((listener) =>
      listener.bind.map((bind) => {
        const info = this.#servers.get(bind)?.address()
        return { listener: listener.name, bind, address: info && typeof info === 'object' ? formatAddress(info) : bind }
      }),
    )
  }

  collect() {
    const delta = this.#requests
    this.#requests = 0
    const labels = { listener: 'web', route: 'all', upstream: 'none', code: '200' }
    return reportOf({ counters: [{ metric: 'requests_total', labels, delta }] })
  }

  takeSamples() {
    return { seen: 0, samples: [] }
  }

  explain() {
    return { refused: 'nothing is served here' }
  }

  upstreams() {
    return []
  }

  takeLag(): number {
    return 0
  }

  async drain(timeoutMs: number): Promise<void> {
    // As net has it: http's own close() would also cut connections that were accepted and have not been heard of yet.
    const closed = [...this.#servers.values()].map(
      (server) => new Promise((resolve) => NetServer.prototype.close.call(server, resolve)),
    )
    await Promise.race([Promise.all(closed), new Promise((resolve) => setTimeout(resolve, timeoutMs))])
  }

  close(): void {
    for (const server of this.#servers.values()) {
      server.close()
      server.closeAllConnections()
    }
  }
}

if (process.argv[2] === 'courier') runCourier()
else {
  const log = createLog({ level: 'error', format: 'text' }, systemClock, (line) => process.stderr.write(line))
  runWorker({ makePlane: (settings) => new FakePlane(settings), reopenLogs: () => {}, flush: async () => {} }, log)
}
