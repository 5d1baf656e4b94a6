// The project's own files as the tests about the repository see them: code without comments and strings, and what it imports.

import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '..', '..')

export interface SourceFile {
  /** From the top of the repository, with slashes. */
  readonly path: string
  readonly lines: number
  /** As written, less comments and what stands in strings: what a word search may look at. */
  readonly code: string
  /** Specifiers of static, dynamic and type imports. */
  readonly imports: readonly string[]
}

/** Every file that matches, sorted by path. */
export function sourceFiles(pattern: string): readonly SourceFile[] {
  const paths = globSync(pattern, { cwd: root }).sort()
  return paths.map((path) => readSource(path.replaceAll('\\', '/'), readFileSync(join(root, path), 'utf8')))
}

export function readSource(path: string, text: string): SourceFile {
  const withoutComments = text.replaceAll(/(^|[^:'"`\\])\/\/.*$|\/\*[\s\S]*?\*\//gm, '$1')
  return {
    path,
    lines: text.split('\n').length - 1,
    code: withoutComments.replaceAll(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''"),
    imports: [...withoutComments.matchAll(/(?:^|[\s;}])(?:from|import)\s*\(?\s*['"]([^'"\n]+)['"]/g)].map(
      (match) => match[1] as string,
    ),
  }
}

/** Where a relative import leads, from the top of the repository. */
export function resolveImport(file: SourceFile, specifier: string): string {
  return relative(root, resolve(root, dirname(file.path), specifier)).replaceAll('\\', '/')
}

/** `@scope/name/part` and `name/part` without the part; null for relative and built-in ones. */
export function packageOf(specifier: string): string | null {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return null
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] as string)
}
