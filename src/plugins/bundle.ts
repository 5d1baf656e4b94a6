// A plugin as plain data: the texts of its own files, ready to be evaluated in any process, in the order of their dependencies.
// The supervisor makes it and sends it along with the configuration, so that a worker that starts later gets the same version
// and not what lies on the disk by then.

import { createHash } from 'node:crypto'
import { readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, extname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { API, type ImportSource, isLocal, type ModuleImport, type PluginBundle, type PluginModule } from './bundle-format.ts'
import { PluginProblem } from './problem.ts'
import { rewriteModule } from './rewrite-module.ts'

const KINDS: Readonly<Record<string, 'typescript' | 'javascript' | 'json'>> = {
  '.ts': 'typescript',
  '.mts': 'typescript',
  '.js': 'javascript',
  '.mjs': 'javascript',
  '.json': 'json',
}
/** More than a plugin with all its files has; what is larger is a slip. */
const MAX_BYTES = 32 * 1024 * 1024

/** `files` gets every file that was read or looked for, also when this throws (a PluginProblem). */
export function bundlePlugin(entry: string, files: Set<string>): PluginBundle {
  const bundler = new Bundler(files)
  bundler.add(entry, null)
  const { modules } = bundler
  const digest = createHash('sha256').update(JSON.stringify(modules)).digest('hex').slice(0, 16)
  return { digest, modules }
}

interface Asker {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly specifier: string
}

class Bundler {
  readonly modules: PluginModule[] = []
  readonly #files: Set<string>
  readonly #indexes = new Map<string, number>()
  readonly #open: string[] = []
  #bytes = 0

  constructor(files: Set<string>) {
    this.#files = files
  }

  /** The module's index. */
  add(file: string, by: Asker | null): number {
    this.#files.add(file)
    const known = this.#indexes.get(file)
    if (known !== undefined) return known
    const around = this.#open.indexOf(file)
    if (around !== -1) {
      const circle = [...this.#open.slice(around), file].map((path) => basename(path)).join(' → ')
      throw problemOf(by, file, `files that import each other in a circle are not supported: ${circle}`)
    }
    this.#open.push(file)
    const { code, offset, imports } = rewriteModule(file, KINDS[extname(file)] ?? 'javascript', this.#read(file, by))
    const resolved = imports.map(
      ({ names, ...asked }): ModuleImport => ({
        source: this.#resolve({ file, ...asked }, asked.attributes),
        specifier: asked.specifier,
        names,
      }),
    )
    this.#open.pop()
    const index = this.modules.push({ file, code, offset, imports: resolved }) - 1
    this.#indexes.set(file, index)
    return index
  }

  #resolve(asker: Asker, attributes: Readonly<Record<string, string>>): ImportSource {
    const { specifier, file } = asker
    if (specifier === API) return { kind: 'api' }
    if (specifier === 'headgate' || specifier.startsWith('headgate/'))
      throw problemOf(asker, file, `a plugin may import ${API} and nothing else of the gateway, not "${specifier}"`)
    if (!isLocal(specifier)) return { kind: 'native', specifier, attributes }
    const path = specifier.startsWith('file:') ? fileURLToPath(specifier) : resolve(dirname(file), specifier)
    return { kind: 'module', index: this.add(path, asker) }
  }

  #read(file: string, by: Asker | null): string {
    if (KINDS[extname(file)] === undefined) {
      const known = Object.keys(KINDS).join(' ')
      const why =
        by !== null && extname(file) === '' ? 'the extension is missing' : 'this kind of file cannot be a part of a plugin'
      throw problemOf(by, file, `${by?.specifier ?? basename(file)}: ${why}; there are ${known}`)
    }
    let text: string
    try {
      text = readFileSync(file, 'utf8')
      const real = realpathSync(file)
      if (real !== file) this.#files.add(real)
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      throw problemOf(
        by,
        file,
        `${by?.specifier ?? file} cannot be read: ${code === 'ENOENT' ? 'there is no such file' : message}`,
      )
    }
    this.#bytes += text.length
    if (this.#bytes > MAX_BYTES) throw problemOf(by, file, 'the files of this plugin are larger than 32 MiB together')
    return text
  }
}

function problemOf(by: Asker | null, file: string, message: string): PluginProblem {
  return by === null ? new PluginProblem(file, 0, 0, message) : new PluginProblem(by.file, by.line, by.column, message)
}

/** Whether a path leads to a folder; false when it leads nowhere. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
