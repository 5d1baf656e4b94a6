// `headgate run -c FILE`: reads the arguments; app.ts does the rest.

import { parseArgs } from 'node:util'
import type { CommandIo } from './check.ts'

const USAGE = `Usage: headgate run -c FILE [--workers N]

Serves what the configuration says. Prints one line when it is ready, with the real address of each listener.

  -c, --config FILE   the configuration file
  --workers N         how many data-plane processes, instead of what the configuration says: a number (0 = everything in one
                      process) or auto
  -h, --help          this text

Signals: SIGHUP reloads, SIGTERM and SIGINT drain and end (a second one ends at once), SIGUSR1 reopens log files.
Exit codes: 0 fine, 1 configuration or input wrong (a port in use is), 2 usage, 70 internal.
`

/** More processes than this is a slip of the finger. */
const MOST_WORKERS = 1024

interface Options {
  readonly help: boolean
  readonly file: string
  readonly workers: number | 'auto' | null
}

/** Runs the command; `argv` is what follows its name, `program` the file to start workers from. The result is the exit code. */
export async function run(argv: readonly string[], io: CommandIo, program: string): Promise<number> {
  const options = readOptions(argv)
  if (options instanceof Error) {
    io.err(`headgate run: ${options.message}\n\n${USAGE}`)
    return 2
  }
  if (options.help) {
    io.out(USAGE)
    return 0
  }
  const { runGateway } = await import('../app.ts')
  return runGateway({ file: options.file, workers: options.workers, program, io })
}

function readOptions(argv: readonly string[]): Options | Error {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: {
        config: { type: 'string', short: 'c' },
        workers: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: true,
    })
    if (positionals.length > 0) return new Error(`unexpected argument "${positionals[0]}"`)
    if (values.help) return { help: true, file: '', workers: null }
    if (!values.config) return new Error('-c FILE is needed')
    return { help: false, file: values.config, workers: readWorkers(values.workers) }
  } catch (error) {
    return error as Error
  }
}

function readWorkers(text: string | undefined): number | 'auto' | null {
  if (text === undefined) return null
  if (text === 'auto') return 'auto'
  if (/^\d{1,4}$/.test(text) && Number(text) <= MOST_WORKERS) return Number(text)
  throw new Error(`--workers takes a number from 0 to ${MOST_WORKERS} or auto, not "${text}"`)
}
