// A gateway between raw clients and endpoints that change the protocol.

import t, { type Test } from 'tap'
import { type Changes, configOf, startGateway, type TestGateway } from '../support/gateway.ts'
import type { RawClient } from '../support/raw-client.ts'
import { startTunnelEndpoint, type TunnelEndpoint, type TunnelPeer } from '../support/tunnel-endpoint.ts'
import { until } from '../support/until.ts'

export const HANDSHAKE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

export interface TunnelScene {
  readonly gateway: TestGateway
  /** The first of them. */
  readonly endpoint: TunnelEndpoint
  readonly endpoints: readonly TunnelEndpoint[]
}

/** When the test is over and its clients are gone, nothing may be left running. */
export function tunnelScene(
  name: string,
  changes: Changes & { readonly endpoints?: number },
  body: (t: Test, scene: TunnelScene) => Promise<void>,
): void {
  t.test(name, async (t) => {
    const endpoints: TunnelEndpoint[] = []
    for (let i = 0; i < (changes.endpoints ?? 1); i++) endpoints.push(await startTunnelEndpoint(t))
    const addresses = endpoints.map(({ address }) => address)
    const gateway = await startGateway(t, configOf(addresses, changes))
    await body(t, { gateway, endpoint: endpoints[0] as TunnelEndpoint, endpoints })
    gateway.closeClients()
    for (const { peers } of endpoints) for (const { socket } of peers) socket.end()
    await nothingRuns(t, gateway)
  })
}

export async function nothingRuns(t: Test, gateway: TestGateway): Promise<void> {
  let running: Record<string, number> = {}
  await until('everything to end', async () => {
    running = await gateway.running()
    return Object.values(running).every((value) => value === 0)
  }).catch(() => {})
  t.ok(
    Object.values(running).every((value) => value === 0),
    `nothing is left running: ${JSON.stringify(running)}`,
  )
}

/** Asks for WebSocket and waits for the 101. */
export async function openTunnel(gateway: TestGateway, endpoint: TunnelEndpoint): Promise<[RawClient, TunnelPeer]> {
  const client = await gateway.client()
  const index = endpoint.peers.length
  client.request('GET /socket', HANDSHAKE)
  const peer = await endpoint.peer(index)
  await until('the 101', () => client.interim.length === 1)
  return [client, peer]
}
