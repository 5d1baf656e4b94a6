// `headgate schema`: prints the JSON Schema of the configuration.

import { jsonSchemaText } from '../config/json-schema.ts'
import type { CommandIo } from './check.ts'

const USAGE = `Usage: headgate schema

Prints the JSON Schema of the configuration, for editors and other tools.
`

/** Runs the command; `argv` is what follows its name. The result is the exit code. */
export async function schema(argv: readonly string[], { out, err }: CommandIo): Promise<number> {
  const [first] = argv
  if (first === undefined) {
    out(jsonSchemaText())
    return 0
  }
  if (first === '--help' || first === '-h') {
    out(USAGE)
    return 0
  }
  err(`headgate schema: unexpected argument "${first}"\n\n${USAGE}`)
  return 2
}
