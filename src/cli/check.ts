// `headgate check -c FILE`: says everything that is wrong with a configuration, or that nothing is.

import { parseArgs } from 'node:util'
import { checkWorthServing } from '../config/checks/worth-serving.ts'
import { loadConfig } from '../config/load.ts'
import { formatProblem } from '../config/problem.ts'
import { runConfigTests } from '../explain/run-tests.ts'
import { pluginsOf } from '../load-plugins.ts'
import { systemClock } from '../model/clock.ts'

/** Where a command writes, a piece of text at a time, and the environment that it sees. */
export interface CommandIo {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  readonly env: Readonly<Record<string, string | undefined>>
  /** The file to start further processes of this program from; without it plugins are read in this one. */
  readonly program?: string
}

const USAGE = `Usage: headgate check -c FILE

Checks a configuration and what it includes, and runs its tests, without starting anything.

  -c, --config FILE   the configuration file
  -h, --help          this text

Exit codes: 0 fine (warnings are printed), 1 wrong (every error is printed), 2 usage.
`

/** Runs the command; `argv` is what follows its name. The result is the exit code. */
export async function check(argv: readonly string[], { out, err, env, program }: CommandIo): Promise<number> {
  const options = readOptions(argv)
  if (options instanceof Error) {
    err(`headgate check: ${options.message}\n\n${USAGE}`)
    return 2
  }
  if (options.help) {
    out(USAGE)
    return 0
  }
  const loaded = await loadConfig(options.file, {
    env,
    gate: (config) => [...checkWorthServing(config), ...runConfigTests(config)],
    plugins: pluginsOf(program),
    wall: systemClock.wall,
  })
  for (const warning of loaded.warnings) err(`${formatProblem({ ...warning, message: `warning: ${warning.message}` })}\n`)
  if ('errors' in loaded) {
    for (const error of loaded.errors) err(`${formatProblem(error)}\n`)
    return 1
  }
  out(`${options.file}: ok\n`)
  return 0
}

function readOptions(argv: readonly string[]): { help: boolean; file: string } | Error {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { config: { type: 'string', short: 'c' }, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    })
    if (positionals.length > 0) return new Error(`unexpected argument "${positionals[0]}"`)
    if (values.help) return { help: true, file: '' }
    return values.config ? { help: false, file: values.config } : new Error('-c FILE is needed')
  } catch (error) {
    return error as Error
  }
}
