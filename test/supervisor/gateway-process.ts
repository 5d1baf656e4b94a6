// The real command in a process of its own, with a configuration in a folder of its own; for tests that need signals.

import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts')

interface LogLine {
  readonly level: string
  readonly message: string
  readonly pid?: number
}

export class GatewayProcess {
  readonly folder: string
  readonly file: string
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  readonly log: LogLine[] = []
  /** What was written to stderr and is not a line of the log. */
  stderr = ''
  /** The words of the ready line, e.g. `web`, `admin`, `workers`. */
  ready: Readonly<Record<string, string>> = {}
  readonly #child: ChildProcess
  #waiting: (() => void)[] = []

  constructor(folder: string, args: readonly string[]) {
    this.folder = folder
    this.file = join(folder, 'headgate.yaml')
    this.#child = spawn(process.execPath, [MAIN, 'run', '-c', this.file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = Promise.withResolvers<{ code: number | null; signal: NodeJS.Signals | null }>()
    this.exited = ended.promise
    this.#child.once('close', (code, signal) => {
      ended.resolve({ code, signal })
      this.#changed()
    })
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      if (!line.startsWith('headgate ready: ')) return
      this.ready = Object.fromEntries(
        line
          .slice('headgate ready: '.length)
          .split(' ')
          .map((word) => word.split('=', 2)),
      )
      this.#changed()
    })
    createInterface({ input: this.#child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      if (line.startsWith('{')) this.log.push(JSON.parse(line))
      else this.stderr += `${line}\n`
      this.#changed()
    })
  }

  get pid(): number {
    return this.#child.pid as number
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Of all workers that have ever served, the latest last. */
  get workers(): number[] {
    return this.log.flatMap(({ message, pid }) => (message === 'worker serves' && pid !== undefined ? [pid] : []))
  }

  /** How often a message stands in the log. */
  said(message: string): number {
    return this.log.filter((line) => line.message.includes(message)).length
  }

  /** Resolves when `holds`, looked at whenever the process says something. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.ended) throw new Error(`the gateway has ended: ${this.stderr}${JSON.stringify(this.log)}`)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  url(path: string, of = 'web'): string {
    return `${this.ready[of]}${path}`
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Nobody reads what it and its workers say from now on. */
  stopListening(): void {
    this.#child.stdout?.destroy()
    this.#child.stderr?.destroy()
  }

  write(config: object): Promise<void> {
    return writeFile(this.file, JSON.stringify(config))
  }

  #changed(): void {
    for (const waiting of this.#waiting.splice(0)) waiting()
  }
}

/** Starts the command; resolves when it says that it is ready, or has ended. */
export async function startGateway(t: Test, config: object | string, args: readonly string[] = []): Promise<GatewayProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-'))
  await writeFile(join(folder, 'headgate.yaml'), typeof config === 'string' ? config : JSON.stringify(config))
  const gateway = new GatewayProcess(folder, args)
  t.teardown(async () => {
    gateway.kill('SIGKILL')
    for (const pid of gateway.workers) end(pid)
    await gateway.exited
    await rm(folder, { recursive: true, force: true })
  })
  await gateway.until(() => gateway.ready.revision !== undefined || gateway.ended).catch(() => {})
  return gateway
}

/** An endpoint on a port of its own; resolves with its address. */
export async function startEndpoint(t: Test, answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A configuration with one listener, one route for everything and one upstream; `more` replaces keys. */
export function simpleConfig(endpoint: string, more: object = {}): object {
  return {
    workers: 2,
    admin: { bind: '127.0.0.1:0' },
    listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
    routes: [{ name: 'all', to: 'all' }],
    upstreams: { all: { discovery: { static: [endpoint] } } },
    ...more,
  }
}

/** Whether a process runs; one that ended and that nobody has asked about yet does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

/** Resolves when `holds`, looked at every few milliseconds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has ended
  }
}
