// A gateway in this process as tests see it: its ports, its clients, its metrics and its clock.

import type { Gateway, GatewayConfigInput } from '../../src/index.ts'
import { RawClient } from './raw-client.ts'

export const GAUGES = ['connections', 'requests_in_flight', 'requests_pending', 'upstream_connections']

export class TestGateway {
  readonly gateway: Gateway
  port = 0
  /** Where the admin API is, if one is configured. */
  admin = ''
  ports: Readonly<Record<string, number>> = {}
  readonly #clients: RawClient[] = []
  readonly #turn: (ms: number) => void

  constructor(gateway: Gateway, turn: (ms: number) => void) {
    this.gateway = gateway
    this.#turn = turn
  }

  took(listeners: Readonly<Record<string, string>>): void {
    this.ports = Object.fromEntries(Object.entries(listeners).map(([name, url]) => [name, Number(new URL(url).port)]))
    this.port = this.ports.web as number
  }

  async apply(config: GatewayConfigInput): Promise<void> {
    this.took((await this.gateway.apply(config)).listeners)
  }

  /** Turns the clock: whatever has its deadline by then has it at the next tick (50 ms). */
  advance(ms: number): void {
    this.#turn(ms)
  }

  async client(port = this.port): Promise<RawClient> {
    const client = await RawClient.open(port)
    this.#clients.push(client)
    return client
  }

  /** Sum of the series of a metric (without prefix) that have all of `labels`. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    return sumOf(await this.gateway.metrics(), name, labels)
  }

  /** What is open or running now, by gauge; idle connections to endpoints do not count. */
  async running(): Promise<Record<string, number>> {
    const text = await this.gateway.metrics()
    return Object.fromEntries(
      GAUGES.map((name) => [name, sumOf(text, name, name === 'upstream_connections' ? { state: 'active' } : {})]),
    )
  }

  closeClients(): void {
    for (const client of this.#clients.splice(0)) client.destroy()
  }
}

function sumOf(text: string, name: string, labels: Readonly<Record<string, string>>): number {
  let sum = 0
  for (const line of text.split('\n')) {
    const match = /^headgate_(\w+)(?:\{(.*)\})? (\S+)$/.exec(line)
    if (match === null || match[1] !== name) continue
    const has = Object.entries(labels).every(([key, value]) => `,${match[2] ?? ''},`.includes(`,${key}="${value}",`))
    if (has) sum += Number(match[3])
  }
  return sum
}
