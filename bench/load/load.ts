// Drives one work against one port for some seconds, with wrk or, where it is missing, with `plain-load.ts`.

import { join } from 'node:path'
import { outputOf } from './output.ts'
import { hasCommand } from './processes.ts'
import { CONNECTIONS, type Work } from './works.ts'

/** What the clients saw. Latencies in microseconds. */
export interface Seen {
  readonly requests: number
  readonly microseconds: number
  readonly bytes: number
  readonly errors: number
  readonly p50: number
  readonly p99: number
}

export const loadKind = hasCommand('wrk') ? 'wrk' : 'plain sockets'

export async function load(port: number, work: Work, seconds: number): Promise<Seen> {
  const command = loadKind === 'wrk' ? wrkCommand(port, work, seconds) : plainCommand(port, work, seconds)
  const output = await outputOf(command)
  const line = output.split('\n').find((each) => each.startsWith('{'))
  if (line === undefined) throw new Error(`${loadKind} gave no result: ${output}`)
  return JSON.parse(line) as Seen
}

function wrkCommand(port: number, work: Work, seconds: number): readonly string[] {
  const script = join(import.meta.dirname, 'wrk.lua')
  const shape = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', script, `http://127.0.0.1:${port}${work.path}`]
  return ['wrk', ...shape, '--', work.method, String(work.requestBytes)]
}

function plainCommand(port: number, work: Work, seconds: number): readonly string[] {
  const shape = [port, work.path, work.method, work.requestBytes, CONNECTIONS, seconds].map(String)
  return [process.execPath, join(import.meta.dirname, 'plain-load.ts'), ...shape]
}
