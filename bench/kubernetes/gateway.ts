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
  /** Resolves with the time at which `count` connections in a row (of their own) got `body` at `path`. */
  answers(count: number, path: string, body: string): Promise<number>
  residentMiB(): number
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
  const ask = (agent: Agent, path: string): Promise<string> =>
    new Promise((resolve, reject) => {
      get(`${web}${path}`, { agent }, (response) => {
        let text = ''
        response.on('data', (piece) => {
          text += piece
        })
        response.on('end', () => resolve(text))
      }).on('error', reject)
    })
  return {
    async answers(count, path, body) {
      while (agents.length < count) agents.push(new Agent({ keepAlive: true, maxSockets: 1 }))
      await Promise.all(
        agents.slice(0, count).map(async (agent) => {
          while ((await ask(agent, path)) !== body) await new Promise((resolve) => setTimeout(resolve, 4))
        }),
      )
      return performance.now()
    },
    residentMiB() {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
      return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
    },
    async stop() {
      for (const agent of agents) agent.destroy()
      child.kill('SIGTERM')
      await exited
    },
  }
}
