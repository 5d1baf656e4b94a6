// A gateway in processes of its own, and clients that notice when all of its workers answer otherwise.

import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const ROOT = join(import.meta.dirname, '..', '..')
/** What is shipped, if it was built. */
const MAIN = [join(ROOT, 'dist', 'main.js'), join(ROOT, 'src', 'main.ts')].find((file) => existsSync(file)) as string

export interface Gateway {
  /** Where the listener `web` is: `http://127.0.0.1:1234`. */
  readonly web: string
  /** Resolves with the time at which each of `count` connections of their own got `body` at `path` of `host`. */
  answers(count: number, path: string, body: string, host?: string): Promise<number>
  /** Of the supervisor: what it holds now, and what it held at most. */
  residentMiB(which?: 'VmRSS' | 'VmHWM'): number
  /** CPU that supervisor and workers have used, in seconds. */
  cpuSeconds(): { readonly supervisor: number; readonly workers: number }
  stop(): Promise<void>
}

export async function startGateway(file: string, workers: number): Promise<Gateway> {
  const child = spawn(process.execPath, [MAIN, 'run', '-c', file, '--workers', String(workers)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const web = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the gateway ended')))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /web=(\S+)/.exec(line)
      if (found !== null) resolve(found[1] as string)
    })
  })
  const agents: Agent[] = []
  const ask = (agent: Agent, path: string, host: string | undefined): Promise<string> =>
    new Promise((resolve, reject) => {
      get(`${web}${path}`, { agent, headers: host === undefined ? {} : { host } }, (response) => {
        let text = ''
        response.on('data', (piece) => {
          text += piece
        })
        response.on('end', () => resolve(text))
      }).on('error', reject)
    })
  return {
    web,
    async answers(count, path, body, host) {
      while (agents.length < count) agents.push(new Agent({ keepAlive: true, maxSockets: 1 }))
      await Promise.all(
        agents.slice(0, count).map(async (agent) => {
          while ((await ask(agent, path, host)) !== body) await new Promise((resolve) => setTimeout(resolve, 4))
        }),
      )
      return performance.now()
    },
    residentMiB(which = 'VmRSS') {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
      return Math.round(Number(new RegExp(`${which}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024)
    },
    cpuSeconds() {
      const pid = child.pid as number
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
      return { supervisor: cpuSeconds(pid), workers: children.map(cpuSeconds).reduce((a, b) => a + b, 0) }
    },
    async stop() {
      for (const agent of agents) agent.destroy()
      child.kill('SIGTERM')
      await exited
    },
  }
}

/** User and system time, in ticks of 10 ms. */
function cpuSeconds(pid: number): number {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const [user, system] = fields.split(' ').slice(11, 13).map(Number)
  return ((user ?? 0) + (system ?? 0)) / 100
}
