// Every process that the bench starts: pinned to a core, remembered, and ended whatever happens.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { treeOf } from './process-figures.ts'

/** The proxies get one core, everything that loads them the other. */
export const PROXY_CORE = 0
export const LOAD_CORE = 1

const running = new Set<Running>()

export interface Running {
  readonly name: string
  readonly pid: number
  /** Set once it has ended. */
  ended: string | null
  readonly child: ChildProcess
}

/** True if the command can be found on the PATH (with the folders of system commands, where nginx and HAProxy live). */
export function hasCommand(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v "${name}"`], { stdio: 'ignore', env: environment() })
    return true
  } catch {
    return false
  }
}

export function environment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/local/sbin` }
}

/** Puts a command on one core; null = any. */
export function pinned(core: number | null, command: readonly string[]): readonly string[] {
  return core === null || !hasCommand('taskset') ? command : ['taskset', '-c', String(core), ...command]
}

/** Starts a long-running process; what it says goes to FOLDER/NAME.log. */
export function start(name: string, folder: string, core: number | null, command: readonly string[]): Running {
  const [file, ...args] = pinned(core, command)
  const child = spawn(file as string, args, { stdio: ['ignore', 'pipe', 'pipe'], env: environment() })
  const log = createWriteStream(join(folder, `${name}.log`), { flags: 'a' })
  child.stdout?.pipe(log, { end: false })
  child.stderr?.pipe(log, { end: false })
  const process_: Running = { name, pid: child.pid ?? 0, ended: null, child }
  running.add(process_)
  child.on('error', (error) => {
    process_.ended = error.message
  })
  child.on('exit', (code, signal) => {
    process_.ended = signal ?? `exit code ${code}`
    running.delete(process_)
  })
  return process_
}

/** Asks it to end, then makes it: with all that it started. */
export async function stop(process_: Running): Promise<void> {
  const pids = process_.ended === null ? treeOf(process_.pid) : []
  if (process_.ended === null) process_.child.kill('SIGTERM')
  for (let waited = 0; process_.ended === null && waited < 3000; waited += 20) await sleep(20)
  killAll(pids)
  running.delete(process_)
}

/** For the way out, also after a failure or a signal: synchronous. */
export function stopEverything(): void {
  for (const process_ of running) killAll(treeOf(process_.pid))
  running.clear()
}

function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
}

/** Resolves when GET `path` on the port answers 200; polls every few milliseconds because start-up time is read from it. */
export async function waitUntilAnswers(process_: Running, port: number, path: string, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    if (process_.ended !== null) throw new Error(`${process_.name} ended while starting (${process_.ended}); see its log`)
    if (await answers(port, path)) return
    await sleep(3)
  }
  throw new Error(`${process_.name} did not answer on port ${port} within ${timeoutMs} ms; see its log`)
}

function answers(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n`)
    })
    socket.once('data', (head: Buffer) => {
      resolve(head.subarray(0, 12).toString('latin1') === 'HTTP/1.1 200')
      socket.destroy()
    })
    socket.on('error', () => resolve(false)).on('close', () => resolve(false))
  })
}
