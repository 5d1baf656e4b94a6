// What is wrong with a configuration, and where.

/** One error or warning. Without a file (`createGateway`) `file` is empty, the position 0:0, and the message names the path. */
export interface Problem {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly column: number
  readonly message: string
}

/** `file:line:column: message`. */
export const formatProblem = ({ file, line, column, message }: Problem): string =>
  line === 0 ? message : `${file}:${line}:${column}: ${message}`

/** Where in the configuration: keys and indexes from the top. */
export type Path = readonly (string | number)[]

/** A problem before its position is looked up. `at` says whether the key or its value is meant. */
export interface Finding {
  readonly path: Path
  readonly at: 'key' | 'value'
  readonly message: string
}

export const finding = (path: Path, message: string, at: 'key' | 'value' = 'value'): Finding => ({ path, at, message })

/** `routes[0].to`. */
export const formatPath = (path: Path): string =>
  path.map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`)).join('')
