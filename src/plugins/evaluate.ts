// Runs the modules of a bundle and hands out what the plugin exports. Nothing here remembers them: when the caller forgets the
// result, they are gone.

import { registerHooks } from 'node:module'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compileFunction } from 'node:vm'
import * as api from '../plugin-api.ts'
import {
  API,
  type ImportSource,
  MODULE_PARAMETERS,
  type ModuleImport,
  type PluginBundle,
  type PluginModule,
} from './bundle-format.ts'
import { PluginProblem, problemOfError } from './problem.ts'

type Namespace = Readonly<Record<string, unknown>>
type Getters = Readonly<Record<string, () => unknown>>
type ModuleFunction = (
  takeExports: (getters: Getters) => void,
  imported: (at: number) => { readonly namespace: Namespace; all(): Getters },
  meta: object,
  load: (specifier: unknown, options?: { readonly with?: object }) => Promise<Namespace>,
) => Promise<void>

/** The default export. Rejects with a PluginProblem that says where. */
export async function evaluateBundle({ modules }: PluginBundle): Promise<unknown> {
  const files = modules.map(({ file }) => file)
  const namespaces: Namespace[] = []
  try {
    for (const module of modules) namespaces.push(await evaluateModule(module, namespaces))
  } catch (error) {
    throw problemOfError(error, files)
  }
  return namespaces.at(-1)?.default
}

async function evaluateModule(module: PluginModule, before: readonly Namespace[]): Promise<Namespace> {
  const { file, code, offset, imports } = module
  const imported: Namespace[] = []
  for (const asked of imports) {
    const namespace = await namespaceOf(asked.source, file, before).catch((error) => {
      throw new PluginProblem(file, asked.names[0]?.line ?? 1, 1, (error as Error).message)
    })
    checkNames(file, asked, namespace)
    imported.push(namespace)
  }
  const namespace: Namespace = Object.create(null)
  const takeExports = (getters: Getters): void => {
    for (const [name, get] of Object.entries(getters)) Object.defineProperty(namespace, name, { get, enumerable: true })
  }
  const take = (at: number) => ({ namespace: imported[at] as Namespace, all: () => gettersOf(imported[at] as Namespace) })
  const run = compileFunction(code, [...MODULE_PARAMETERS], {
    filename: file,
    columnOffset: -offset,
  }) as ModuleFunction
  const load: Parameters<ModuleFunction>[3] = (specifier, options) => importFrom(file, String(specifier), options?.with ?? {})
  await run(takeExports, take, { url: pathToFileURL(file).href, filename: file, dirname: dirname(file) }, load)
  return namespace
}

/** What `export *` passes on: everything but the default. */
function gettersOf(namespace: Namespace): Getters {
  const names = Object.keys(namespace).filter((name) => name !== 'default')
  return Object.fromEntries(names.map((name) => [name, () => namespace[name]]))
}

function checkNames(file: string, { names, specifier, source }: ModuleImport, namespace: Namespace): void {
  for (const { name, line } of names) {
    if (name in namespace) continue
    const hint = source.kind === 'native' ? '' : '; if it is a type, write "import type"'
    throw new PluginProblem(file, line, 1, `"${specifier}" does not export "${name}"${hint}`)
  }
}

async function namespaceOf(source: ImportSource, file: string, before: readonly Namespace[]): Promise<Namespace> {
  if (source.kind === 'module') return before[source.index] as Namespace
  if (source.kind === 'api') return { definePlugin: api.definePlugin }
  return importFrom(file, source.specifier, source.attributes)
}

const SCHEME = 'headgate-plugin-import:'

/** As if `file` imported it: packages and Node's modules, which stay loaded as long as the process lives. */
async function importFrom(file: string, specifier: string, attributes: object): Promise<Namespace> {
  if (specifier === API) return { definePlugin: api.definePlugin }
  const parentURL = pathToFileURL(file).href
  const hooks = registerHooks({
    resolve: (asked, context, next) =>
      asked.startsWith(SCHEME)
        ? next(decodeURIComponent(asked.slice(asked.indexOf('?') + 1)), { ...context, parentURL })
        : next(asked, context),
  })
  try {
    // The parent is part of the name: what one folder finds is not what another finds.
    const name = `${SCHEME}${encodeURIComponent(parentURL)}?${encodeURIComponent(specifier)}`
    return await import(name, { with: attributes as ImportAttributes })
  } finally {
    hooks.deregister()
  }
}
