// The endpoints behind `npm start`: three answer with who they are and what they were asked, and echo WebSockets, where the third one
// fails now and then; one speaks gRPC.

import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Switchable } from './demo-control.ts'
import { GRPC_PORT, startDemoGrpc } from './demo-grpc.ts'
import { PAGE, takeWebSockets } from './demo-websocket.ts'

/** What an endpoint does with its nth request, counted from 1. */
type Behaviour = (turn: number) => 'answer' | 'unavailable' | 'reset'

const steady: Behaviour = () => 'answer'

/** Of six requests: four answers, one 503 and one connection cut before the answer. */
const flaky: Behaviour = (turn) => (turn % 6 === 3 ? 'unavailable' : turn % 6 === 0 ? 'reset' : 'answer')

/** As config/demo.yaml names them. */
export const DEMO_ENDPOINTS: readonly { readonly name: string; readonly port: number; readonly behaviour: Behaviour }[] = [
  { name: 'one', port: 9101, behaviour: steady },
  { name: 'two', port: 9102, behaviour: steady },
  { name: 'flaky', port: 9103, behaviour: flaky },
]

/** A running endpoint. `close` also ends its open connections. */
export interface DemoEndpoint {
  readonly name: string
  readonly port: number
  close(): Promise<void>
}

/** Starts one on loopback; port 0 takes a free one. Rejects when the port is taken. */
export async function startDemoEndpoint(name: string, port: number, behaviour: Behaviour = steady): Promise<DemoEndpoint> {
  let turn = 0
  const server = http.createServer((request, response) => {
    const what = behaviour(++turn)
    if (what === 'reset') {
      request.socket.resetAndDestroy()
      return
    }
    const { method, url, headers } = request
    if (url === '/ws' && headers.accept?.includes('text/html')) {
      response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE)
      return
    }
    const body = JSON.stringify({ endpoint: name, turn, method, path: url, headers }, null, 2)
    response.writeHead(what === 'answer' ? 200 : 503, { 'content-type': 'application/json' }).end(`${body}\n`)
    request.resume()
  })
  const endWebSockets = takeWebSockets(server, name)
  await new Promise<void>((listening, failed) => {
    server.once('error', failed).listen(port, '127.0.0.1', listening)
  })
  return {
    name,
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        endWebSockets()
        server.closeAllConnections()
      }),
  }
}

/** An endpoint that can be stopped, so that its port refuses connections, and started again. */
export class DemoSwitch implements Switchable {
  readonly name: string
  readonly port: number
  readonly #start: () => Promise<DemoEndpoint>
  #endpoint: DemoEndpoint | null

  constructor(endpoint: DemoEndpoint, behaviour: Behaviour = steady) {
    this.name = endpoint.name
    this.port = endpoint.port
    this.#endpoint = endpoint
    this.#start = () => startDemoEndpoint(endpoint.name, endpoint.port, behaviour)
  }

  get running(): boolean {
    return this.#endpoint !== null
  }

  async start(): Promise<void> {
    this.#endpoint ??= await this.#start()
  }

  async stop(): Promise<void> {
    const endpoint = this.#endpoint
    this.#endpoint = null
    await endpoint?.close()
  }
}

/** Switches for those of DEMO_ENDPOINTS among them. */
export function demoSwitches(endpoints: readonly DemoEndpoint[]): DemoSwitch[] {
  return DEMO_ENDPOINTS.flatMap(({ name, behaviour }) => {
    const endpoint = endpoints.find((each) => each.name === name)
    return endpoint === undefined ? [] : [new DemoSwitch(endpoint, behaviour)]
  })
}

/** Starts all of them, or none: the error names the endpoint and the port that is taken. */
export async function startDemoEndpoints(): Promise<readonly DemoEndpoint[]> {
  const started: DemoEndpoint[] = []
  const starts = [
    ...DEMO_ENDPOINTS.map(({ name, port, behaviour }) => ({
      name,
      port,
      start: () => startDemoEndpoint(name, port, behaviour),
    })),
    { name: 'grpc', port: GRPC_PORT, start: () => startDemoGrpc() },
  ]
  for (const { name, port, start } of starts) {
    try {
      started.push(await start())
    } catch (error) {
      for (const endpoint of started) await endpoint.close()
      const reason = /EADDRINUSE/.test(String(error)) ? 'is in use' : String(error)
      throw new Error(`demo endpoint "${name}": port ${port} on 127.0.0.1 ${reason}`)
    }
  }
  return started
}
