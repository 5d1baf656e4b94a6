// A gateway in this process with plugins on its one route, before an endpoint that says what it got.

import { createServer, type OutgoingHttpHeaders, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { createGateway, type Gateway, type GatewayConfigInput, type LogFunction } from '../../src/index.ts'

/** What the endpoint got. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
  /** null = the endpoint was not asked. */
  readonly seen: Seen | null
}

export type Ask = (
  path: string,
  headers?: Readonly<Record<string, string | readonly string[]>>,
  method?: string,
) => Promise<Answer>

/** An endpoint that answers with what it got; resolves with its address. */
export async function startMirror(t: Test): Promise<string> {
  const server = createServer(({ method, url, headers }, response) => {
    response.setHeader('x-from', 'endpoint')
    response.end(JSON.stringify({ method, url, headers }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

export function asker(port: number): Ask {
  return (path, headers = {}, method = 'GET') =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        { port, host: '127.0.0.1', path, headers: { ...headers } as OutgoingHttpHeaders, method },
        (incoming) => {
          let body = ''
          incoming.setEncoding('utf8')
          incoming.on('data', (text) => {
            body += text
          })
          incoming.on('end', () => {
            const seen = body.startsWith('{"method"') ? (JSON.parse(body) as Seen) : null
            resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body, seen })
          })
        },
      )
      outgoing.on('error', reject)
      outgoing.end()
    })
}

/** `path` is the plugin's folder or file; `use` is what the filter `plugin` says. */
export async function startWithPlugin(
  t: Test,
  path: string,
  use: object,
  more: object = {},
  log: LogFunction = () => {},
): Promise<{ ask: Ask; gateway: Gateway }> {
  const config = {
    plugins: [{ path }],
    listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
    routes: [{ name: 'all', filters: [{ plugin: use }], to: 'app' }],
    upstreams: { app: { discovery: { static: [await startMirror(t)] } } },
    ...more,
  }
  return start(t, config as GatewayConfigInput, log)
}

export async function start(
  t: Test,
  config: GatewayConfigInput,
  log: LogFunction = () => {},
): Promise<{ ask: Ask; gateway: Gateway }> {
  const gateway = createGateway(config, { log })
  t.teardown(() => gateway.close())
  const { listeners } = await gateway.start()
  return { ask: asker(Number(new URL(listeners.web as string).port)), gateway }
}
