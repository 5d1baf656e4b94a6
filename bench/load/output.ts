// What a program for load says, run on the cores for clients.

import { execFile } from 'node:child_process'
import { environment, LOAD_CORE, pinned } from './processes.ts'

/** Rejects with what it said of its failure. */
export function outputOf(command: readonly string[]): Promise<string> {
  const [file, ...args] = pinned(LOAD_CORE, command)
  return new Promise((resolve, reject) => {
    execFile(file as string, args, { env: environment() }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${command[0]} failed: ${stderr || error.message}`))
    })
  })
}
