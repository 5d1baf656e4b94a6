// The command with its workers, as rough weather needs it: started, given other configurations, asked for metrics, robbed of workers.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Gateway, GatewayConfigInput, Started } from '../../src/index.ts'
import { GatewayProcess, isAlive, until } from '../supervisor/gateway-process.ts'

export type WeatherGateway = Pick<Gateway, 'start' | 'apply' | 'metrics' | 'close'> & { disturb?(): void }

export class WeatherProcess implements WeatherGateway {
  readonly #config: GatewayConfigInput
  readonly #workers: number
  #process: GatewayProcess | null = null

  constructor(config: GatewayConfigInput, workers: number) {
    this.#config = config
    this.#workers = workers
  }

  async start(): Promise<Started> {
    const folder = await mkdtemp(join(tmpdir(), 'headgate-'))
    await writeFile(join(folder, 'headgate.yaml'), this.#text(this.#config))
    const gateway = new GatewayProcess(folder, [])
    this.#process = gateway
    await gateway.until(() => gateway.ready.revision !== undefined)
    return this.#started()
  }

  async apply(config: GatewayConfigInput): Promise<Started> {
    await writeFile(this.#running.file, this.#text(config))
    const response = await fetch(this.#running.url('/reload', 'admin'), { method: 'POST' })
    if (response.status !== 200) throw new Error(`the reload was refused: ${await response.text()}`)
    return this.#started()
  }

  async metrics(): Promise<string> {
    return (await fetch(this.#running.url('/metrics', 'admin'))).text()
  }

  /** Kills the worker that has served for the longest. */
  disturb(): void {
    const pid = this.#running.workers.find(isAlive)
    if (pid !== undefined) process.kill(pid, 'SIGKILL')
  }

  async close(): Promise<void> {
    const gateway = this.#process
    if (gateway === null) return
    gateway.kill('SIGTERM')
    const { code, signal } = await gateway.exited
    await until(() => !gateway.workers.some(isAlive))
    await rm(gateway.folder, { recursive: true, force: true })
    if (code !== 0) throw new Error(`the gateway ended with ${code ?? signal}: ${gateway.stderr}`)
  }

  get #running(): GatewayProcess {
    if (this.#process === null) throw new Error('it has not started')
    return this.#process
  }

  #started(): Started {
    return { listeners: { web: this.#running.ready.web as string }, admin: this.#running.ready.admin ?? null }
  }

  #text(config: GatewayConfigInput): string {
    const admin = { bind: '127.0.0.1:0' }
    return JSON.stringify({ ...config, workers: this.#workers, watch: false, admin, drain: { timeout: '2s' } })
  }
}
