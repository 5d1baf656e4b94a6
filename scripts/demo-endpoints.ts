// The three endpoints behind `npm start`: each answers with who it is and what it was asked; the third one fails now and then.

import http from 'node:http'
import type { AddressInfo } from 'node:net'

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
    const body = JSON.stringify({ endpoint: name, turn, method, path: url, headers }, null, 2)
    response.writeHead(what === 'answer' ? 200 : 503, { 'content-type': 'application/json' }).end(`${body}\n`)
    request.resume()
  })
  await new Promise<void>((listening, failed) => {
    server.once('error', failed).listen(port, '127.0.0.1', listening)
  })
  return {
    name,
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

/** Starts all of them, or none: the error names the endpoint and the port that is taken. */
export async function startDemoEndpoints(): Promise<readonly DemoEndpoint[]> {
  const started: DemoEndpoint[] = []
  for (const { name, port, behaviour } of DEMO_ENDPOINTS) {
    try {
      started.push(await startDemoEndpoint(name, port, behaviour))
    } catch (error) {
      for (const endpoint of started) await endpoint.close()
      const reason = (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'is in use' : String(error)
      throw new Error(`demo endpoint "${name}": port ${port} on 127.0.0.1 ${reason}`)
    }
  }
  return started
}
