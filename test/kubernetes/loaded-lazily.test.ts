// A gateway without Kubernetes loads nothing of it, and a worker never does.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { resolveImport, root, type SourceFile, sourceFiles } from '../repository/source-files.ts'

const source = new Map(sourceFiles('src/**/*.ts').map((file) => [file.path, file]))
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')

/** Files and packages that importing `path` loads, without those that are imported when they are needed. */
function loadedBy(path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen
  seen.add(path)
  for (const imported of eagerImports(source.get(path))) loadedBy(imported, seen)
  return seen
}

const EAGER = /^(?:import|export)\b(?! type\b)[^;'"`=]*?from\s*'([^']+)'|^import\s*'([^']+)'/gm

function eagerImports(file: SourceFile | undefined): string[] {
  if (file === undefined) return []
  const specifiers = [...textOf(file.path).matchAll(EAGER)].map((match) => match[1] ?? (match[2] as string))
  return specifiers.map((specifier) => (specifier.startsWith('.') ? resolveImport(file, specifier) : specifier))
}

for (const entry of ['src/app.ts', 'src/app-worker.ts', 'src/index.ts', 'src/cli/main.ts', 'src/cli/check.ts']) {
  t.test(entry, async (t) => {
    const loaded = [...loadedBy(entry)]
    t.ok(entry.startsWith('src/cli') || loaded.length > 50, `imports are seen: ${loaded.length}`)
    t.same(
      loaded.filter((path) => path.startsWith('src/kubernetes/') || path.startsWith('@kubernetes/')),
      [],
    )
  })
}

t.test('the client library is loaded by one module, when it signs in', async (t) => {
  t.ok(loadedBy('src/kubernetes/connect.ts').has('src/kubernetes/identity.ts'))
  t.same(
    [...source.keys()].filter((path) => loadedBy(path).has('@kubernetes/client-node')),
    ['src/kubernetes/kube-config.ts'],
  )
  const users = [...source.keys()].filter((path) =>
    /import\('(?:@kubernetes\/client-node|.*kube-config\.ts')/.test(textOf(path)),
  )
  t.same(users, ['src/kubernetes/identity.ts'])
})
