// Every package is used, declared and explained, with an exact version.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packageOf, root, sourceFiles } from './source-files.ts'

type Versions = Readonly<Record<string, string>>
interface Manifest {
  readonly dependencies: Versions
  readonly devDependencies: Versions
  readonly optionalDependencies: Versions
  readonly scripts: Versions
}

/** Found by tools, not by imports. */
const WITHOUT_IMPORT = ['@types/node', '@types/dns-packet', '@types/opossum', '@types/ws', 'typescript', '@biomejs/biome']

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
const { dependencies, devDependencies, optionalDependencies } = manifest
const everything = { ...dependencies, ...devDependencies, ...optionalDependencies }
const shipped = importedBy('src/**/*.{ts,tsx}')
const development = new Set(['scripts/**/*.ts', 'bench/**/*.ts', 'test/**/*.ts'].flatMap((pattern) => [...importedBy(pattern)]))

function importedBy(pattern: string): ReadonlySet<string> {
  const specifiers = sourceFiles(pattern).flatMap((file) => file.imports)
  return new Set(specifiers.map(packageOf).filter((name) => name !== null))
}

t.test('what src/ imports is a dependency, and every dependency is imported', async (t) => {
  t.strictSame([...shipped].filter((name) => !(name in dependencies)).sort(), [])
  t.strictSame(
    Object.keys(dependencies).filter((name) => !shipped.has(name)),
    [],
  )
})

t.test('what scripts, benches and tests import is declared, and every development package is used', async (t) => {
  t.strictSame([...development].filter((name) => !(name in everything)).sort(), [])
  t.strictSame(
    Object.keys(devDependencies).filter((name) => !development.has(name) && !WITHOUT_IMPORT.includes(name)),
    [],
  )
})

t.test('every package has its reason in docs/dependencies.md, and no other has', async (t) => {
  const page = readFileSync(join(root, 'docs', 'dependencies.md'), 'utf8')
  const explained = [...page.matchAll(/^\| ((?:`[^`]+`(?:, )?)+) \|/gm)].flatMap((row) =>
    [...(row[1] as string).matchAll(/`([^`]+)`/g)].map((name) => name[1] as string),
  )
  t.strictSame(explained.sort(), Object.keys(everything).sort())
})

t.test('versions are exact', async (t) => {
  t.strictSame(
    Object.entries(everything).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version)),
    [],
  )
})

t.test('the lock file belongs to the manifest', async (t) => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const top = lock.packages['']
  t.strictSame(
    [top.dependencies, top.devDependencies, top.optionalDependencies],
    [dependencies, devDependencies, optionalDependencies],
  )
  const incomplete = Object.entries(lock.packages as Record<string, { optionalDependencies?: Versions }>).flatMap(
    ([path, entry]) =>
      Object.keys(entry.optionalDependencies ?? {})
        .filter((name) => !(`node_modules/${name}` in lock.packages) && !(`${path}/node_modules/${name}` in lock.packages))
        .map((name) => `${path}: ${name}`),
  )
  t.strictSame(incomplete, [], 'packages for other systems are locked too: npm 12 insists')
})
