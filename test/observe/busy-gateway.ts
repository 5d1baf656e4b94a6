// The command with two workers and something of everything that is counted: one gateway that makes each metric move.

import { writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import type { Test } from 'tap'
import { makeLocalCa } from '../../scripts/make-local-ca.ts'
import { type GatewayProcess, startEndpoint, startGateway, until } from '../supervisor/gateway-process.ts'
import { a, startDns } from '../support/dns-server.ts'

export const TOKEN = 'token-of-a-test'

const PLUGIN = `import { definePlugin } from ${"'headgate/plugin'"}
export default definePlugin({
  name: 'moody',
  onRequest(exchange) {
    if (exchange.request.headers.has('x-throw')) throw new Error('moody')
    const end = performance.now() + (exchange.request.headers.has('x-slow') ? 100 : 0)
    while (performance.now() < end);
  },
})
`

/** What a scrape says. */
export interface Scrape {
  readonly type: string
  readonly text: string
}

export class BusyGateway {
  readonly process: GatewayProcess
  /** Its endpoint that answers. */
  readonly endpoint: string
  /** An address where nobody listens. */
  readonly nobody: string

  constructor(process: GatewayProcess, endpoint: string, nobody: string) {
    this.process = process
    this.endpoint = endpoint
    this.nobody = nobody
  }

  async scrape(accept = 'text/plain'): Promise<Scrape> {
    const response = await fetch(this.process.url('/metrics', 'admin'), {
      headers: { accept, authorization: `Bearer ${TOKEN}` },
    })
    if (response.status !== 200) throw new Error(`the scrape was answered ${response.status}: ${await response.text()}`)
    return { type: response.headers.get('content-type') ?? '', text: await response.text() }
  }

  /** Sends requests and resolves with their statuses. */
  async ask(path: string, times = 1, init: RequestInit = {}): Promise<number[]> {
    const statuses: number[] = []
    for (let i = 0; i < times; i++) {
      const response = await fetch(this.process.url(path), init)
      await response.arrayBuffer()
      statuses.push(response.status)
    }
    return statuses
  }

  /** Sends bytes as they are, and resolves with the answer when the gateway has closed the connection. */
  async raw(text: string): Promise<string> {
    const { port } = new URL(this.process.url('/'))
    return new Promise((resolve) => {
      let answer = ''
      const socket = createConnection(Number(port), '127.0.0.1', () => socket.write(text))
      socket.setEncoding('latin1')
      socket.on('data', (chunk) => {
        answer += chunk
      })
      socket.on('error', () => {})
      socket.on('close', () => resolve(answer))
    })
  }

  /** A handshake with a name; resolves when it is over, well or not. */
  async greet(servername: string): Promise<void> {
    const { port } = new URL(this.process.url('/', 'secure'))
    await new Promise<void>((resolve) => {
      const socket = connectTls({ port: Number(port), host: '127.0.0.1', servername, rejectUnauthorized: false }, () =>
        socket.end(),
      )
      socket.on('error', () => {})
      socket.on('close', () => resolve())
    })
  }

  /** Requests of every kind, until each metric has been counted once. */
  async exercise(): Promise<void> {
    await this.ask('/', 20)
    await this.ask('/half', 8)
    await this.ask('/dead', 6)
    await this.ask('/failing', 12)
    await this.ask('/adaptive', 2)
    await this.ask('/found', 2)
    await this.ask('/mirrored', 2, { method: 'POST', body: 'x'.repeat(2000) })
    await this.ask('/limited', 2, { method: 'POST', body: 'x'.repeat(2000) })
    await this.ask('/watched', 2, { method: 'POST', body: 'x'.repeat(2000) })
    await this.ask('/plugin', 2)
    await this.ask('/plugin', 2, { headers: { 'x-throw': '1' } })
    await this.ask('/plugin', 1, { headers: { 'x-slow': '1' } })
    await this.raw('GET / HTTP/1.1\r\n\r\n')
    await this.greet('localhost')
    await until(async () => /^headgate_health_checks_total\{upstream="checked",result="failed"\} [^0]/m.test(await this.text()))
    await until(async () => /^headgate_panic\{upstream="checked"\} 1$/m.test(await this.text()))
  }

  async text(): Promise<string> {
    return (await this.scrape()).text
  }
}

/** Where nobody listens: taken for a moment, then given back. */
async function freeAddress(t: Test): Promise<string> {
  const { createServer } = await import('node:net')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  t.comment(`nobody listens on ${port}`)
  return `127.0.0.1:${port}`
}

/** `more` replaces keys of the configuration. */
export async function startBusyGateway(t: Test, more: object = {}): Promise<BusyGateway> {
  const folder = t.testdir({})
  makeLocalCa(join(folder, 'certs'))
  writeFileSync(join(folder, 'moody.ts'), PLUGIN)
  writeFileSync(join(folder, 'token'), TOKEN)
  const endpoint = await startEndpoint(t, (request, response) => {
    response.statusCode = request.url?.startsWith('/failing') ? 503 : 200
    response.end('fine')
  })
  const nobody = await freeAddress(t)
  const dns = await startDns(t)
  dns.records = [a('found.test', '127.0.0.1', 1)]
  const only = (addresses: readonly string[], further: object = {}) => ({ discovery: { static: addresses }, ...further })
  const route = (name: string, further: object = {}) => ({
    name,
    match: [{ path: { prefix: `/${name}` } }],
    to: name,
    ...further,
  })
  const cert = { cert: join(folder, 'certs', 'localhost.pem'), key: join(folder, 'certs', 'localhost.key') }
  const config = {
    workers: 2,
    watch: false,
    admin: { bind: '127.0.0.1:0', token: { file: join(folder, 'token') } },
    accessLog: { file: join(folder, 'access.log') },
    plugins: [{ path: join(folder, 'moody.ts') }],
    listeners: [
      { name: 'web', bind: '127.0.0.1:0' },
      { name: 'secure', bind: '127.0.0.1:0', protocol: 'https', tls: { certificates: [cert], strictSni: true } },
    ],
    routes: [
      { name: 'all', to: 'all' },
      route('half'),
      route('dead', { retry: { attempts: 2 } }),
      route('failing', { retry: { attempts: 1, on: ['503'], methods: ['GET'], budget: '100%' } }),
      route('adaptive'),
      route('found'),
      route('checked'),
      route('mirrored', { to: 'all', mirror: { upstream: 'dead', share: '100%', bodyBytes: '1KiB' } }),
      route('limited', { to: 'all', filters: [{ bodyLimit: '1KiB' }] }),
      route('watched', { to: 'all', filters: [{ bodyLimit: { bytes: '1KiB', mode: 'observe' } }] }),
      route('plugin', { to: 'all', filters: [{ plugin: { name: 'moody' } }] }),
    ],
    upstreams: {
      all: only([endpoint]),
      half: only([endpoint, nobody]),
      dead: only([nobody]),
      failing: only([endpoint], {
        ejection: 'off',
        breaker: { errorPercent: 50, minimumRequests: 4, window: '10s', resetAfter: '10m' },
      }),
      adaptive: only([endpoint], { adaptive: { minLimit: 10, maxLimit: 100 } }),
      found: {
        discovery: { dns: { name: 'found.test', type: 'a', port: Number(endpoint.split(':')[1]), resolver: dns.address } },
      },
      checked: only([nobody], { health: { type: 'tcp', interval: '100ms', timeout: '100ms', unhealthy: 1 } }),
    },
    ...more,
  }
  return new BusyGateway(await startGateway(t, config), endpoint, nobody)
}
