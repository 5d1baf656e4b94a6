// Limits of an upstream with two real workers: together they keep to them, and each may have nearly all.

import type { ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { type GatewayProcess, simpleConfig, startEndpoint, startGateway, until } from '../supervisor/gateway-process.ts'
import { RawClient } from '../support/raw-client.ts'

/** An endpoint that answers `/who` with the worker that asks and holds everything else, behind a gateway of two workers. */
class Lab {
  gateway: GatewayProcess | null = null
  /** The most requests that the endpoint had at a time. */
  most = 0
  /** Connections by the worker that has accepted them. */
  readonly clients = new Map<string, RawClient[]>()
  readonly #t: Test
  readonly #held: { readonly worker: string; readonly response: ServerResponse }[] = []
  #running = 0
  #port = 0

  constructor(t: Test) {
    this.#t = t
  }

  async open(limits: object): Promise<this> {
    const address = await startEndpoint(this.#t, (request, response) => {
      this.#running++
      this.most = Math.max(this.most, this.#running)
      response.on('close', () => this.#running--)
      // The ids that one worker gives all begin alike.
      const worker = String(request.headers['x-request-id']).slice(0, 12)
      if (request.url === '/who') response.end(worker)
      else this.#held.push({ worker, response })
    })
    const upstreams = { all: { discovery: { static: [address] }, limits } }
    this.gateway = await startGateway(this.#t, simpleConfig(address, { upstreams }))
    this.#port = Number(new URL(this.gateway.url('/')).port)
    return this
  }

  /** Connects until both workers have so many clients. */
  async connect(each: number): Promise<[string, string]> {
    while (this.clients.size < 2 || [...this.clients.values()].some((clients) => clients.length < each)) {
      const client = await RawClient.open(this.#port)
      this.#t.teardown(() => client.destroy())
      const { body } = await client.ask('GET /who')
      this.clients.set(body, [...(this.clients.get(body) ?? []), client])
    }
    return [...this.clients.keys()] as [string, string]
  }

  ask(worker: string, count: number): void {
    for (const client of this.clients.get(worker)?.slice(0, count) ?? []) client.send('GET /hold HTTP/1.1\r\nhost: a\r\n\r\n')
  }

  held(worker?: string): number {
    return this.#held.filter((one) => worker === undefined || one.worker === worker).length
  }

  /** Answers what the endpoint holds. */
  release(worker?: string): void {
    for (const one of this.#held.splice(0)) {
      if (worker === undefined || one.worker === worker) one.response.end('ok')
      else this.#held.push(one)
    }
  }
}

t.test('limits.requests: 20', async (t) => {
  const lab = await new Lab(t).open({ requests: 20, pending: 200, pendingTimeout: '60s' })
  const [one, other] = await lab.connect(25)
  lab.ask(one, 25)
  await until(() => lab.held(one) >= 18)
  t.ok(lab.most <= 20, `one worker with all the traffic has nearly all: ${lab.held(one)} of 20`)

  lab.ask(other, 25)
  // What ends makes room for the other worker too.
  await until(() => {
    lab.release(one)
    return lab.held(other) >= 10
  })
  t.ok(lab.most <= 22, `together they had ${lab.most}`)
  const answered = () => [...lab.clients.values()].flat().reduce((sum, { responses }) => sum + responses.length, 0)
  const all = [...lab.clients.values()].flat().length + 50
  await until(() => {
    lab.release()
    return answered() === all
  })

  // A worker that is killed leaves its part to who needs it.
  lab.most = 0
  const { gateway } = lab
  process.kill(gateway?.workers[0] as number, 'SIGKILL')
  const lost = (worker: string) => lab.clients.get(worker)?.every(({ ended, closed }) => ended || closed) === true
  await until(() => lost(one) || lost(other))
  const left = lost(one) ? other : one
  lab.ask(left, 25)
  await until(() => lab.held(left) >= 18)
  t.ok(lab.most <= 20, `nearly all again: ${lab.held(left)}`)
})

t.test('limits.requests: 1', async (t) => {
  const lab = await new Lab(t).open({ requests: 1, pending: 0 })
  await lab.connect(1)
  lab.most = 0
  for (let round = 0; round < 3; round++) {
    for (const [worker, [client]] of lab.clients) {
      const { status, body } = await (client as RawClient).ask('GET /who')
      t.strictSame([status, body], [200, worker], 'the one place goes to the worker that is asked')
    }
  }
  t.equal(lab.most, 1)
})
