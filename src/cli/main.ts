// Which command was meant.

import { readFile } from 'node:fs/promises'
import type { CommandIo } from './check.ts'

const USAGE = `Usage: headgate COMMAND

  run -c FILE [--workers N]   serve what the configuration says
  check -c FILE               say everything that is wrong with a configuration
  explain -c FILE METHOD URL  say what would become of a request, and why
  export -o DIR               write what is served, as files that need no cluster or registry
  migrate ingress-nginx       say what would become of the Ingresses of an ingress-nginx
  schema                      print the JSON Schema of the configuration
  --version                   print the version
  COMMAND --help              how to use a command

Exit codes: 0 fine, 1 configuration or input wrong, 2 usage, 70 internal.
`

export interface Installation {
  /** The file to start again for further processes. */
  readonly file: string
  /** Where package.json is. */
  readonly manifest: URL
}

/** The result is the exit code. */
export async function runCommand(
  command: string | undefined,
  argv: readonly string[],
  io: CommandIo,
  installation: Installation,
): Promise<number> {
  switch (command) {
    case 'run':
      return (await import('./run.ts')).run(argv, io, installation.file)
    case 'check':
      return (await import('./check.ts')).check(argv, io)
    case 'explain':
      return (await import('./explain.ts')).explain(argv, io)
    case 'export':
      return (await import('./export.ts')).exportConfig(argv, io)
    case 'migrate':
      return (await import('./migrate.ts')).migrate(argv, io)
    case 'schema':
      return (await import('./schema.ts')).schema(argv, io)
    case '--version':
    case '-v':
      io.out(`headgate ${JSON.parse(await readFile(installation.manifest, 'utf8')).version}\n`)
      return 0
    case '--help':
    case '-h':
    case 'help':
      io.out(USAGE)
      return 0
    case undefined:
      io.err(USAGE)
      return 2
    default:
      io.err(`headgate: there is no command "${command}"\n\n${USAGE}`)
      return 2
  }
}
