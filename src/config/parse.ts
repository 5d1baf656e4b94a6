// From what was written to the normalised configuration or everything that is wrong with it. Touches no file.

import { checkAccessLog } from './checks/access-log.ts'
import { checkBinds } from './checks/binds.ts'
import { checkFailover } from './checks/failover.ts'
import { checkFilters, doubtFilters } from './checks/filters.ts'
import { doubtHealth } from './checks/health.ts'
import { checkKubernetes } from './checks/kubernetes.ts'
import { outline } from './checks/outline.ts'
import { checkReach } from './checks/reach.ts'
import { checkReferences, type Where } from './checks/references.ts'
import { doubtResilience } from './checks/resilience.ts'
import { checkShadow } from './checks/shadow.ts'
import { checkSharing } from './checks/sharing.ts'
import { checkTunnels, doubtTunnels } from './checks/tunnels.ts'
import { doubtLabels, doubtZones } from './checks/zones.ts'
import { type Environment, substituteEnvironment } from './environment.ts'
import { explain, findings } from './explain.ts'
import { checkIngressListeners } from './ingress-listeners.ts'
import { mergeTrees } from './merge.ts'
import type { GatewayConfig } from './model.ts'
import { type Finding, finding, formatPath, type Path, type Problem } from './problem.ts'
import { gatewaySchema } from './schema.ts'
import { locate, problemAt, readTree, type SourceNode, toPlain } from './source-tree.ts'

export type Parsed =
  | {
      readonly config: GatewayConfig
      readonly warnings: readonly Problem[]
      /** Where in the files a finding is. */
      readonly position: (finding: Finding) => Problem
    }
  | { readonly errors: readonly Problem[]; readonly warnings: readonly Problem[] }

export interface SourceFile {
  /** As it is to be named in problems. */
  readonly name: string
  readonly text: string
}

/** At least one file; `include` in them is not followed. Never throws. */
export function parseConfig(
  files: readonly [SourceFile, ...SourceFile[]],
  { env = {} }: { readonly env?: Environment } = {},
): Parsed {
  const trees: SourceNode[] = []
  const problems: Problem[] = []
  let complete = true
  for (const { name, text } of files) {
    const read = readFileTree(name, text, env)
    for (const problem of read.problems) problems.push(problem)
    if (read.root) trees.push(read.root)
    else complete = false
  }
  return parseTrees(trees, problems, complete, env.HEADGATE_ZONE)
}

/** One file with its environment filled in. */
export function readFileTree(name: string, text: string, env: Environment): { root: SourceNode | null; problems: Problem[] } {
  const { root, problems } = readTree(name, text)
  return { root, problems: root ? [...problems, ...substituteEnvironment(root, env)] : problems }
}

/**
 * `known` are the problems met on the way; `complete` is false when a file is missing that may define what others name; `zone` is
 * where this gateway is if no file says it.
 */
export function parseTrees(
  trees: readonly SourceNode[],
  known: readonly Problem[],
  complete: boolean,
  zone: string | undefined,
): Parsed {
  const [first, ...rest] = trees
  if (!first) return { errors: inOrder(known), warnings: [] }
  const { root, problems } = mergeTrees([first, ...rest])
  const written = toPlain(root)
  if (written === null) {
    const message = 'the configuration holds too many values once its aliases are followed'
    return { errors: inOrder([...known, ...problems, problemAt(root.source, 0, message)]), warnings: [] }
  }
  const position = ({ path, at, message }: Finding): Problem => locate(root, path, at, message)
  const where: Where = (path) => {
    const { file, line, column } = locate(root, path, 'value', '')
    return `${file}:${line}:${column}`
  }
  const found = examine(withZone(written, zone), where, complete)
  const before = [...known, ...problems]
  // A text whose environment is missing is wrong once, not also as the value that it would have been.
  const taken = new Set(before.map(place))
  const errors = found.errors.map(position).filter((problem) => !taken.has(place(problem)))
  if (found.config && before.length + errors.length === 0)
    return { config: found.config, warnings: inOrder(found.warnings.map(position)), position }
  return { errors: inOrder([...before, ...errors]), warnings: [] }
}

/** What is wrong with it is told where the file begins. */
function withZone(written: unknown, zone: string | undefined): unknown {
  const { zone: own = '' } = Object(written) as { zone?: unknown }
  return own !== '' || zone === undefined || zone === '' ? written : { ...Object(written), zone }
}

/** For configurations that are data: problems have no position, their messages begin with the path. Never throws. */
export function normalizeConfig(input: unknown): Parsed {
  const position = ({ path, message }: Finding): Problem => ({
    file: '',
    line: 0,
    column: 0,
    message: path.length === 0 ? message : `${formatPath(path)}: ${message}`,
  })
  try {
    const { include, upstreams } = Object(input) as { include?: unknown; upstreams?: unknown }
    const found = examine(input, formatPath, true)
    const errors = [...found.errors]
    if (include !== undefined) errors.push(finding(['include'], 'include is for configuration files'))
    if (Object.hasOwn(Object(upstreams), '__proto__'))
      errors.push(finding(['upstreams'], 'the name "__proto__" is not allowed'))
    if (found.config && errors.length === 0) return { config: found.config, warnings: found.warnings.map(position), position }
    return { errors: errors.map(position), warnings: [] }
  } catch (error) {
    return { errors: [position(finding([], `the configuration cannot be read: ${String(error)}`))], warnings: [] }
  }
}

interface Examined {
  readonly config: GatewayConfig | null
  readonly errors: readonly Finding[]
  readonly warnings: readonly Finding[]
}

function examine(written: unknown, where: (path: Path) => string, complete: boolean): Examined {
  const parsed = gatewaySchema.safeParse(written, { error: (issue) => explain(issue), reportInput: true })
  const seen = outline(written)
  const errors = parsed.error ? findings(parsed.error.issues) : []
  if (complete) errors.push(...checkReferences(seen, where), ...checkBinds(seen, where))
  errors.push(...checkFailover(seen))
  if (parsed.success)
    errors.push(
      ...checkSharing(parsed.data),
      ...checkTunnels(parsed.data, written),
      ...checkAccessLog(parsed.data),
      ...checkFilters(parsed.data),
      ...checkKubernetes(parsed.data),
      ...checkIngressListeners(parsed.data.listeners, parsed.data.kubernetes),
    )
  if (!parsed.success || errors.length > 0) return { config: null, errors, warnings: [] }
  return {
    config: parsed.data,
    errors,
    warnings: [
      ...checkReach(parsed.data),
      ...doubtTunnels(parsed.data),
      ...checkShadow(parsed.data),
      ...doubtFilters(parsed.data),
      ...doubtHealth(parsed.data),
      ...doubtResilience(parsed.data),
      ...doubtZones(parsed.data),
      ...doubtLabels(parsed.data),
    ],
  }
}

const place = ({ file, line, column }: Problem): string => `${file}:${line}:${column}`

/** By file in the order of appearance, then by position; the same thing is said once. */
function inOrder(problems: readonly Problem[]): Problem[] {
  const files = new Map<string, number>()
  for (const { file } of problems) if (!files.has(file)) files.set(file, files.size)
  const unique = new Map(problems.map((problem) => [`${place(problem)} ${problem.message}`, problem]))
  return [...unique.values()].sort(
    (a, b) => (files.get(a.file) as number) - (files.get(b.file) as number) || a.line - b.line || a.column - b.column,
  )
}
