// What is wrong with a plugin, and where in its files.

export class PluginProblem extends Error {
  override readonly name = 'PluginProblem'
  readonly file: string
  /** From 1; 0 = the file as a whole. */
  readonly line: number
  readonly column: number

  constructor(file: string, line: number, column: number, message: string) {
    super(message)
    this.file = file
    this.line = line
    this.column = column
  }
}

/** `file:line:column: message`. */
export function formatPluginProblem({ file, line, column, message }: PluginProblem): string {
  if (file === '') return message
  return line === 0 ? `${file}: ${message}` : `${file}:${line}:${column}: ${message}`
}

/** An error that the plugin's own code threw: where is the innermost frame in one of its files. */
export function problemOfError(error: unknown, files: readonly string[]): PluginProblem {
  if (error instanceof PluginProblem) return error
  if (!(error instanceof Error)) return new PluginProblem(files.at(-1) ?? '', 0, 0, `threw ${String(error)}`)
  const message = `${error.name}: ${error.message}`
  for (const [, file = '', line, column] of (error.stack ?? '').matchAll(/(\/[^\n]*?):(\d+)(?::(\d+))?\)?$/gm)) {
    const found = files.find((known) => file.endsWith(known))
    if (found !== undefined) return new PluginProblem(found, Number(line), Number(column ?? 1), message)
  }
  return new PluginProblem(files.at(-1) ?? '', 0, 0, message)
}
