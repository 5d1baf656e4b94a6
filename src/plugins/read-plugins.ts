// From where a plugin is to what it is: found, bundled, run once to learn its name and schema.

import { readFileSync } from 'node:fs'
import { createRequire, findPackageJSON } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Plugin } from '../plugin-api.ts'
import { bundlePlugin, isFolder } from './bundle.ts'
import type { PluginBundle } from './bundle-format.ts'
import { factsOf, type PluginFacts, whyNotPlugin } from './definition.ts'
import { evaluateBundle } from './evaluate.ts'
import { formatPluginProblem, PluginProblem, problemOfError } from './problem.ts'

export interface PluginSource {
  readonly path: string | null
  readonly package: string | null
}

export interface PluginReading {
  /** Whose change may change the result. */
  readonly files: readonly string[]
  readonly plugin: { readonly facts: PluginFacts; readonly bundle: PluginBundle } | null
  /** Why not, with the plugin's file and line; '' when there is a plugin. */
  readonly problem: string
}

const INDEXES = ['index.ts', 'index.mts', 'index.js', 'index.mjs']

/** Never rejects. `folder` is where packages are looked for from. Runs the plugins' code. */
export function readPlugins(sources: readonly PluginSource[], folder: string): Promise<PluginReading[]> {
  return Promise.all(sources.map((source) => readPlugin(source, folder)))
}

async function readPlugin(source: PluginSource, folder: string): Promise<PluginReading> {
  const files = new Set<string>()
  try {
    const entry =
      source.package === null ? entryOfPath(resolve(folder, source.path ?? ''), files) : entryOfPackage(source.package, folder)
    const bundle = bundlePlugin(entry, files)
    const exported = await evaluateBundle(bundle)
    const why = whyNotPlugin(exported)
    if (why !== null) throw new PluginProblem(entry, 1, 1, why)
    return { files: [...files], plugin: { facts: factsOf(exported as Plugin<unknown>), bundle }, problem: '' }
  } catch (error) {
    return { files: [...files], plugin: null, problem: formatPluginProblem(problemOfError(error, [...files])) }
  }
}

function entryOfPath(path: string, files: Set<string>): string {
  if (!isFolder(path)) {
    files.add(path)
    if (!isFile(path)) throw new PluginProblem(path, 0, 0, 'there is no such file or folder')
    return path
  }
  const candidates = INDEXES.map((name) => join(path, name))
  for (const candidate of candidates) {
    files.add(candidate)
    if (isFile(candidate)) return candidate
  }
  throw new PluginProblem(path, 0, 0, `this folder has none of ${INDEXES.join(', ')}`)
}

function isFile(path: string): boolean {
  try {
    readFileSync(path)
    return true
  } catch {
    return false
  }
}

function entryOfPackage(name: string, folder: string): string {
  const from = join(folder, 'headgate.yaml')
  try {
    return createRequire(from).resolve(name)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const manifest = code === 'ERR_PACKAGE_PATH_NOT_EXPORTED' ? findPackageJSON(name, pathToFileURL(from)) : undefined
    // A package that is only there to be imported has no entry for `require`.
    const entry = manifest === undefined ? null : importEntry(JSON.parse(readFileSync(manifest, 'utf8')).exports)
    if (manifest === undefined || entry === null)
      throw new PluginProblem('', 0, 0, `the package "${name}" is not found from ${folder}; install it there`)
    return resolve(dirname(manifest), entry)
  }
}

function importEntry(exports: unknown): string | null {
  if (typeof exports === 'string') return exports
  if (exports === null || typeof exports !== 'object') return null
  const conditions = exports as Record<string, unknown>
  return importEntry(conditions['.'] ?? conditions.import ?? conditions.node ?? conditions.default)
}
