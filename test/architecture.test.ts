// Who may import whom, how large files may be, which words and which Node APIs are not used: the rules of CONTRIBUTING.md, enforced.

import t from 'tap'
import { resolveImport, type SourceFile, sourceFiles } from './repository/source-files.ts'

const LEAVES = ['routing', 'balancing', 'resilience', 'health', 'filters', 'discovery', 'http1', 'http2', 'listen', 'telemetry']

/** Folder of src/ → folders that its files may import besides their own. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  config: [],
  model: [],
  ...Object.fromEntries(LEAVES.map((folder) => [folder, ['model']])),
  upgrade: ['model', 'http1', 'http2'],
  grpc: ['model', 'http1', 'http2'],
  proxy: ['model', 'http1', 'http2'],
  plugins: ['model', 'plugin-api.ts'],
  // The discovery contract, and time and chance.
  kubernetes: [
    'config',
    'model/discovery.ts',
    'model/endpoint.ts',
    'model/clock.ts',
    'model/deadlines.ts',
    'model/own-machine.ts',
  ],
  supervisor: ['model', 'compile', 'telemetry', 'config'],
  admin: ['model', 'compile', 'telemetry', 'config', 'explain'],
  // `run` starts the wiring.
  cli: ['model', 'compile', 'telemetry', 'config', 'explain', 'app.ts', 'load-plugins.ts'],
  // Asks the code that serves requests, parser and proxy included.
  explain: ['model', 'compile', 'config', 'routing', 'http1', 'proxy'],
  compile: ['model', 'config', ...LEAVES, 'upgrade', 'grpc', 'kubernetes'],
}

const source = sourceFiles('src/**/*.{ts,tsx}')

/** The folder of a file in src/; '' for the wiring, which lies in src/ itself and may import anything. */
function folderOf(path: string): string {
  const parts = path.split('/')
  return parts.length > 2 ? (parts[1] as string) : ''
}

/** What a file imports against the table, in words. */
function forbiddenImports(file: SourceFile): string[] {
  const folder = folderOf(file.path)
  if (folder === '') return []
  const allowed = MAY_IMPORT[folder]
  if (allowed === undefined) return [`${file.path}: the folder src/${folder} has no line in the table of this test`]
  return file.imports
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => resolveImport(file, specifier))
    .filter((path) => {
      if (!path.startsWith('src/')) return true
      const to = folderOf(path)
      return to !== folder && !allowed.includes(to) && !allowed.includes(path.slice('src/'.length))
    })
    .map((path) => `${file.path} imports ${path}`)
}

/** Lines of code that hold what `pattern` finds, in words. */
function findings(files: readonly SourceFile[], pattern: RegExp): string[] {
  return files.flatMap((file) => [...file.code.matchAll(pattern)].map((match) => `${file.path}: ${match[0].trim()}`))
}

t.test('folders import only what they may', async (t) => {
  t.ok(source.length > 0, 'there is something to look at')
  t.strictSame(source.flatMap(forbiddenImports), [])
})

t.test('plugins import only the plugin API', async (t) => {
  const outside = sourceFiles('plugins/**/*.ts').flatMap((file) =>
    file.imports.filter((specifier) => /\bsrc\//.test(specifier)).map((specifier) => `${file.path} imports ${specifier}`),
  )
  t.strictSame(outside, [])
})

t.test('the table is not blind', async (t) => {
  const offender: SourceFile = {
    path: 'src/routing/x.ts',
    lines: 1,
    code: '',
    imports: ['../model/y.ts', '../config/model.ts', './z.ts'],
  }
  t.strictSame(forbiddenImports(offender), ['src/routing/x.ts imports src/config/model.ts'])
  t.equal(forbiddenImports({ ...offender, path: 'src/unheard/x.ts' }).length, 1)
})

t.test('files are small', async (t) => {
  const all = [...source, ...sourceFiles('scripts/**/*.ts'), ...sourceFiles('bench/**/*.ts')]
  t.strictSame(
    all.filter(({ lines }) => lines > 400).map(({ path, lines }) => `${path}: ${lines} lines`),
    [],
  )
  const sizes = source.map(({ lines }) => lines).sort((a, b) => a - b)
  const median = sizes[sizes.length >> 1] ?? 0
  t.ok(median <= 80, `the median of src/ is ${median} lines`)
})

t.test('every module of src/ says what it owns', async (t) => {
  const { readFileSync } = await import('node:fs')
  const silent = source.filter(({ path }) => !/^(#!.*\n)?(\/\/|\/\*)/.test(readFileSync(path, 'utf8'))).map(({ path }) => path)
  t.strictSame(silent, [])
})

t.test('no drawer for everything', async (t) => {
  const names = source.filter(({ path }) => /\b(utils?|helpers?|managers?|common)\b/i.test(path)).map(({ path }) => path)
  t.strictSame(names, [])
  // A parameter of the API server.
  const found = findings(source, /\b(?:utils?|helpers?|manager|common)\b|\b\w*(?:Utils?|Helpers?|Manager)\b/g)
  t.strictSame(
    found.filter((each) => !/^src\/kubernetes\/status\/.*: fieldManager$/.test(each)),
    [],
  )
})

t.test('time and chance come from the clock module', async (t) => {
  // The dashboard runs in browsers, where nobody turns the clock.
  const others = source.filter(({ path }) => path !== 'src/model/clock.ts' && !path.startsWith('src/admin/dashboard/'))
  t.strictSame(findings(others, /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\bhrtime\b/g), [])
})

t.test("only Node's public interface", async (t) => {
  t.strictSame(findings(source, /\b_handle\b|\bprocess\.binding\b|\bkHandle\b|\binternalBinding\b/g), [])
})
