// Runs a command of the gateway and keeps what it prints.

import type { CommandIo } from '../../src/cli/check.ts'

export interface Printed {
  readonly code: number
  readonly out: string
  readonly err: string
}

export async function printed(
  command: (argv: readonly string[], io: CommandIo) => Promise<number>,
  argv: readonly string[],
  env: CommandIo['env'] = {},
): Promise<Printed> {
  let out = ''
  let err = ''
  const io: CommandIo = {
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
    env,
  }
  const code = await command(argv, io)
  return { code, out, err }
}
