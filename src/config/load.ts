// The file source: a configuration file with everything that it includes, and the secrets that it names.

import { glob } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { doubtCertificates } from './checks/certificates.ts'
import type { Environment } from './environment.ts'
import { checkSecrets, resolvePaths } from './file-references.ts'
import type { GatewayConfig } from './model.ts'
import { parseTrees, readFileTree } from './parse.ts'
import { readPemFiles } from './pem-files.ts'
import type { Finding, Problem } from './problem.ts'
import { readText } from './read-text.ts'
import { doubtRouteSecrets, readRouteSecrets } from './route-secrets.ts'
import { problemAt, type SourceNode } from './source-tree.ts'

/** `files` is everything whose change may change the result: files, and directories in which a glob may find more. Absolute. */
export type Loaded =
  | { readonly config: GatewayConfig; readonly warnings: readonly Problem[]; readonly files: readonly string[] }
  | { readonly errors: readonly Problem[]; readonly warnings: readonly Problem[]; readonly files: readonly string[] }

export interface LoadOptions {
  readonly env?: Environment
  /** A last look at a configuration that is valid; what it finds are errors. */
  readonly gate?: (config: GatewayConfig) => readonly Finding[] | Promise<readonly Finding[]>
  /** Milliseconds since the epoch: certificates that are not valid now are warned about; left out: none are. */
  readonly wall?: () => number
  /** Reads the code of plugins; without it they stay names. `folder` is that of the file. */
  readonly plugins?: (config: GatewayConfig, folder: string) => Promise<PluginReadings>
}

export interface PluginReadings {
  readonly config: GatewayConfig
  readonly findings: readonly Finding[]
  /** Absolute; whose change may change the result. */
  readonly files: readonly string[]
}

interface Reading {
  readonly env: Environment
  readonly trees: SourceNode[]
  readonly problems: Problem[]
  /** Absolute. */
  readonly files: Set<string>
  readonly watched: Set<string>
  /** False when a file could not be read or parsed: names that it may define are not missed then. */
  complete: boolean
}

const MAX_FILES = 1000

/** Loads `path` with everything that it includes. Never throws: what cannot be read is an error like any other. */
export async function loadConfig(path: string, options: LoadOptions = {}): Promise<Loaded> {
  const { env = process.env, gate = () => [] } = options
  const reading: Reading = { env, trees: [], problems: [], files: new Set(), watched: new Set(), complete: true }
  await readFile(reading, path, null)
  const parsed = parseTrees(reading.trees, reading.problems, reading.complete, env.HEADGATE_ZONE)
  const files = [...reading.files, ...reading.watched]
  if ('errors' in parsed) return { ...parsed, files }
  const { position } = parsed
  const pem = await readPemFiles(parsed.config, options.wall?.() ?? null)
  const keyed = await readRouteSecrets(pem.config, env)
  const doubts = [...(pem.errors.length > 0 ? [] : doubtCertificates(pem.config)), ...doubtRouteSecrets(keyed.config)]
  const warnings = [...parsed.warnings, ...[...pem.warnings, ...doubts].map(position)]
  const {
    config,
    findings,
    files: more,
  } = (await options.plugins?.(keyed.config, dirname(resolve(path)))) ?? { config: keyed.config, findings: [], files: [] }
  files.push(...pem.files, ...more)
  const wrong = [...pem.errors, ...keyed.errors, ...findings]
  const found = wrong.length > 0 ? wrong : await gate(config)
  return found.length > 0 ? { errors: found.map(position), warnings, files } : { config, warnings, files }
}

/** `by` is where the file was asked for; null for the first. */
async function readFile(reading: Reading, path: string, by: SourceNode | null): Promise<void> {
  const absolute = resolve(path)
  if (reading.files.has(absolute)) return
  reading.files.add(absolute)
  const text = await readText(absolute)
  if (text instanceof Error) {
    reading.complete = false
    const message = `${by ? `${path} ` : ''}cannot be read: ${text.message}`
    reading.problems.push(by ? problemAt(by.source, by.offset, message) : { file: path, line: 1, column: 1, message })
    return
  }
  const { root, problems } = readFileTree(path, text, reading.env)
  // Not spread: there may be more than a call takes arguments.
  for (const problem of problems) reading.problems.push(problem)
  if (!root) {
    reading.complete = false
    return
  }
  reading.trees.push(root)
  resolvePaths(root, dirname(absolute))
  const secrets = await checkSecrets(root, reading.env)
  reading.problems.push(...secrets.problems)
  for (const file of secrets.files) reading.watched.add(file)
  const include = (root.value as Map<string, SourceNode>).get('include')?.value
  for (const node of Array.isArray(include) ? include : []) await followInclude(reading, node, dirname(path))
}

async function followInclude(reading: Reading, node: SourceNode, directory: string): Promise<void> {
  const pattern = node.value
  if (typeof pattern !== 'string' || pattern === '' || pattern.includes('\0')) return
  const place = isAbsolute(pattern) ? pattern : join(directory, pattern)
  if (!/[*?[{]/.test(pattern)) return readFile(reading, place, node)
  reading.watched.add(resolve(fixedPart(place)))
  const found: string[] = []
  for await (const entry of glob(place, { withFileTypes: true })) {
    if (entry.isDirectory()) continue
    found.push(join(entry.parentPath, entry.name))
    if (found.length + reading.files.size > MAX_FILES) {
      reading.problems.push(problemAt(node.source, node.offset, `${pattern} finds more than ${MAX_FILES} files`))
      return
    }
  }
  // A relative name stays relative, so that problems name files as the operator does.
  const relativeTo = isAbsolute(place) ? '' : `${resolve()}/`
  for (const file of found.sort()) {
    await readFile(reading, relativeTo !== '' && file.startsWith(relativeTo) ? file.slice(relativeTo.length) : file, node)
  }
}

/** The directory in front of the first wildcard. */
function fixedPart(pattern: string): string {
  const parts = pattern.split('/')
  const first = parts.findIndex((part) => /[*?[{]/.test(part))
  const fixed = parts.slice(0, first).join('/')
  return fixed === '' ? (isAbsolute(pattern) ? '/' : '.') : basename(fixed) === '' ? dirname(fixed) : fixed
}
