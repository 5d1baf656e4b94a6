// A gateway in this process between raw endpoints and raw clients, with a clock that can be turned.

import t, { type Test } from 'tap'
import { createGateway, type GatewayConfigInput } from '../../src/index.ts'
import { type RawEndpoint, startEndpoint } from './raw-endpoint.ts'
import { GAUGES, TestGateway } from './test-gateway.ts'
import { until } from './until.ts'

export { TestGateway }

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
