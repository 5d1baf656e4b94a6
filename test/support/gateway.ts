// A gateway in this process between raw endpoints and raw clients, with a clock that can be turned.

import t, { type Test } from 'tap'
import { createGateway, type Gateway, type GatewayConfigInput } from '../../src/index.ts'
import { RawClient } from './raw-client.ts'
import { type RawEndpoint, startEndpoint } from './raw-endpoint.ts'
import { until } from './until.ts'

/** What a test changes in the usual configuration: one listener `web`, one route `all`, one upstream `all`. */
export interface Changes {
  readonly listener?: object
  readonly route?: object
  readonly upstream?: object
  readonly top?: object
}

export function configOf(endpoints: readonly string[], { listener, route, upstream, top }: Changes = {}): GatewayConfigInput {
  return {
    via: 'gate',
    listeners: [{ name: 'web', bind: '127.0.0.1:0', ...listener }],
    routes: [{ name: 'all', to: 'all', ...route }],
    // What these tests look at comes before anybody is left out.
    upstreams: { all: { discovery: { static: [...endpoints] }, ejection: 'off', ...upstream } },
    ...top,
  } as GatewayConfigInput
}

const GAUGES = ['connections', 'requests_in_flight', 'requests_pending', 'upstream_connections']

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

export async function startGateway(t: Test, config: GatewayConfigInput): Promise<TestGateway> {
  let ahead = 0
  const clock = { now: () => performance.now() + ahead, wall: () => Date.now() + ahead }
  const gateway = createGateway(config, { clock })
  t.teardown(() => gateway.close())
  const test = new TestGateway(gateway, (ms) => {
    ahead += ms
  })
  const { listeners, admin } = await gateway.start()
  test.took(listeners)
  test.admin = admin ?? ''
  return test
}

export interface Scene {
  readonly gateway: TestGateway
  /** The first of them. */
  readonly endpoint: RawEndpoint
  readonly endpoints: readonly RawEndpoint[]
}

export interface SceneSettings extends Changes {
  /** How many endpoints the upstream has; 1 by default. */
  readonly endpoints?: number
}

/** A test with a gateway of its own. When it is over and its clients are gone, nothing may be left running. */
export function scene(name: string, settings: SceneSettings, body: (t: Test, scene: Scene) => Promise<void>): void {
  t.test(name, async (t) => {
    const endpoints: RawEndpoint[] = []
    for (let i = 0; i < (settings.endpoints ?? 1); i++) endpoints.push(await startEndpoint(t))
    const gateway = await startGateway(
      t,
      configOf(
        endpoints.map(({ address }) => address),
        settings,
      ),
    )
    await body(t, { gateway, endpoint: endpoints[0] as RawEndpoint, endpoints })
    gateway.closeClients()
    let running: Record<string, number> = {}
    await until('everything to end', async () => {
      running = await gateway.running()
      return Object.values(running).every((value) => value === 0)
    }).catch(() => {})
    t.strictSame(running, Object.fromEntries(GAUGES.map((gauge) => [gauge, 0])), 'nothing is left running')
  })
}
