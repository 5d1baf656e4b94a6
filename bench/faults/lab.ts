// One gateway (as it is shipped: dist/main.js) between clients and endpoints that stand behind relays.

import { writeFileSync } from 'node:fs'
import http from 'node:http'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../test/support/free-port.ts'
import { memory } from '../load/process-figures.ts'
import { LOAD_CORE, PROXY_CORE, type Running, start, stop, waitUntilAnswers } from '../load/processes.ts'
import { OpenLoad } from './clients.ts'
import { Endpoint } from './endpoint.ts'
import { Relay } from './relay.ts'

export const MAIN = resolve(import.meta.dirname, '..', '..', 'dist', 'main.js')

const ENDPOINTS = join(import.meta.dirname, 'endpoint-process.ts')

export interface LabSettings {
  readonly folder: string
  readonly endpoints?: number
  /** Endpoints in a process of their own, without relays: nothing can be done to them. */
  readonly apart?: boolean
  readonly workers?: number
  /** NODE_OPTIONS of the gateway. */
  readonly nodeOptions?: string
  /** Parts of the configuration that differ from the defaults. */
  readonly top?: object
  readonly listener?: object
  readonly route?: object
  readonly upstream?: object
}

let labs = 0

export class Lab {
  readonly endpoints: readonly Endpoint[]
  readonly relays: readonly Relay[]
  private readonly others: Running | null
  readonly gateway: Running
  readonly port: number
  readonly admin: number
  readonly file: string
  private readonly loads: OpenLoad[] = []

  private constructor(
    endpoints: readonly Endpoint[],
    relays: readonly Relay[],
    others: Running | null,
    gateway: Running,
    port: number,
    admin: number,
    file: string,
  ) {
    this.endpoints = endpoints
    this.relays = relays
    this.others = others
    this.gateway = gateway
    this.port = port
    this.admin = admin
    this.file = file
  }

  static async open({
    folder,
    endpoints: count = 3,
    apart = false,
    workers = 1,
    nodeOptions,
    ...changes
  }: LabSettings): Promise<Lab> {
    const others = apart ? start(`endpoints-${labs}`, folder, LOAD_CORE, [process.execPath, ENDPOINTS, String(count)]) : null
    const here = Array.from({ length: apart ? 0 : count }, (_, index) => new Endpoint(`e${index}`).open())
    const endpoints = await Promise.all(here)
    const relays = await Promise.all(endpoints.map(({ port }) => Relay.before(port)))
    const ports = others === null ? relays.map((relay) => relay.port) : (JSON.parse(await firstWords(others)) as number[])
    const [port, admin] = [await freePort(), await freePort()]
    const file = join(folder, `lab-${labs++}.json`)
    const config = {
      workers,
      watch: false,
      drain: { timeout: '2s' },
      admin: { bind: `127.0.0.1:${admin}` },
      ...changes.top,
      listeners: [{ name: 'web', bind: `127.0.0.1:${port}`, ...changes.listener }],
      routes: [{ name: 'all', to: 'all', ...changes.route }],
      upstreams: { all: { discovery: { static: ports.map((each) => `127.0.0.1:${each}`) }, ...changes.upstream } },
    }
    writeFileSync(file, JSON.stringify(config))
    const options = nodeOptions === undefined ? [] : ['env', `NODE_OPTIONS=${nodeOptions}`]
    const gateway = start(`gateway-${labs}`, folder, PROXY_CORE, [...options, process.execPath, MAIN, 'run', '-c', file])
    await waitUntilAnswers(gateway, port, '/')
    return new Lab(endpoints, relays, others, gateway, port, admin, file)
  }

  load(rate: number, shape: { method?: string; path?: string; body?: Buffer } = {}): OpenLoad {
    const load = new OpenLoad({ port: this.port, rate, ...shape })
    this.loads.push(load)
    return load
  }

  get residentBytes(): number {
    return memory(this.gateway.pid).resident
  }

  /** Sum of the series of a metric (without prefix) whose line has all of `parts`. */
  async metric(name: string, ...parts: readonly string[]): Promise<number> {
    let sum = 0
    for (const line of (await this.ask('/metrics')).split('\n')) {
      if (!line.startsWith(`headgate_${name}{`) && !line.startsWith(`headgate_${name} `)) continue
      if (parts.every((part) => line.includes(part))) sum += Number(line.slice(line.lastIndexOf(' ') + 1))
    }
    return sum
  }

  ask(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      http
        .get({ host: '127.0.0.1', port: this.admin, path }, (response) => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (piece: string) => {
            text += piece
          })
          response.on('end', () => resolve(text))
        })
        .on('error', reject)
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.loads.map((load) => load.stop()))
    await stop(this.gateway)
    if (this.others !== null) await stop(this.others)
    await Promise.all(this.relays.map((relay) => relay.close()))
    for (const endpoint of this.endpoints) endpoint.kill()
  }
}

/** What it says first. */
export function firstWords({ child }: Running): Promise<string> {
  return new Promise((resolve) => child.stdout?.once('data', (said: Buffer) => resolve(said.toString())))
}

/** Waits until `true` comes back; false when it did not in time. */
export async function until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (!condition()) {
    if (performance.now() > deadline) return false
    await sleep(10)
  }
  return true
}
