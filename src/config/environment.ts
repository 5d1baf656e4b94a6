// `${NAME}` and `${NAME:-default}` in strings. Templates (`${request.path}`) are lower case with a dot and stay as they are.

import type { Problem } from './problem.ts'
import { problemAt, type SourceNode } from './source-tree.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Bounded, so that a text full of beginnings without an end costs no more than its length times this. */
const REFERENCE = /\$\{([A-Z_][^}]{0,1023})\}/g
const NAME_AND_DEFAULT = /^([A-Z_][A-Z0-9_]*)(?::-(.*))?$/s

/** Replaces references in place; reports those that cannot be. */
export function substituteEnvironment(root: SourceNode, environment: Environment): Problem[] {
  const problems: Problem[] = []
  const seen = new Set<unknown>()
  const visit = (node: SourceNode): void => {
    const { value } = node
    if (typeof value === 'string') {
      if (value.includes('${'))
        node.value = replace(value, environment, (message) => problems.push(problemAt(node.source, node.offset, message)))
    } else if (value !== null && typeof value === 'object' && !seen.has(value)) {
      seen.add(value)
      for (const child of value.values()) visit(child)
    }
  }
  visit(root)
  return problems
}

function replace(text: string, environment: Environment, report: (message: string) => void): string {
  return text.replace(REFERENCE, (whole, inner: string) => {
    const [, name, fallback] = NAME_AND_DEFAULT.exec(inner) ?? []
    if (name === undefined) {
      report(`"${whole}" is not understood: expected \${NAME} or \${NAME:-default}`)
      return whole
    }
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined
    if (fallback !== undefined) return value || fallback
    if (value === undefined) report(`the environment variable ${name} is not set`)
    return value ?? whole
  })
}
