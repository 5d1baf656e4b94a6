// `npm run build`: bundles the source and its packages into dist/ and writes the declarations of the library's face.
// Shared code goes into chunks, so that what is imported lazily (YAML, schemas, metrics) is read only by the process that needs it.

import { spawnSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build, type Plugin } from 'esbuild'
import { BUILT, buildDashboard } from './build-dashboard.ts'

const root = resolve(import.meta.dirname, '..')
const { values } = parseArgs({ options: { outdir: { type: 'string' } } })
/** Elsewhere than `dist/` only the bundle is written, for a test. */
const outdir = resolve(root, values.outdir ?? 'dist')

/** Some packages are CommonJS and ask for Node's own modules by `require`, which an ES module does not have. */
const REQUIRE = `import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);`

/** The Kubernetes client library has a class for each kind of object, 16 MB of them: those that nothing names are left out. */
const WITHOUT_MODELS: Plugin = {
  name: 'without models',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^(\.|@kubernetes\/client-node$)/ }, async ({ path, importer, pluginData, ...args }) => {
      const ours = path === '@kubernetes/client-node' || importer.includes('/@kubernetes/client-node/dist/')
      if (!ours || pluginData === WITHOUT_MODELS) return undefined
      return { ...(await resolve(path, { importer, ...args, pluginData: WITHOUT_MODELS })), sideEffects: false }
    })
  },
}

/** As an ES module it asks for gRPC by a `require` of its own, which no bundler sees: it would get another copy, or none. */
const GRPC_EXPORTER = join(root, 'node_modules/@opentelemetry/otlp-grpc-exporter-base/dist/index.cjs')

async function bundle(): Promise<void> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: {
      main: 'src/main.ts',
      index: 'src/index.ts',
      'plugin-api': 'src/plugin-api.ts',
      'span-thread': 'src/telemetry/tracing/span-thread.ts',
    },
    outdir,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    sourcemap: 'linked',
    legalComments: 'none',
    banner: { js: REQUIRE },
    plugins: [WITHOUT_MODELS],
    alias: { '@opentelemetry/otlp-grpc-exporter-base': GRPC_EXPORTER },
    metafile: true,
    logLevel: 'warning',
  })
  const dashboard = await buildDashboard()
  if (dashboard.text !== readFileSync(BUILT, 'utf8'))
    throw new Error('the dashboard is not what was built of it: npm run build:dashboard')
  writeLicences([...Object.keys(result.metafile.inputs), ...dashboard.inputs])
  for (const [file, { bytes }] of Object.entries(result.metafile.outputs)) {
    if (file.endsWith('.js')) console.log(`${String(Math.ceil(bytes / 1024)).padStart(6)} KiB  ${file}`)
  }
}

/** The packages inside the bundle go with their licences. */
function writeLicences(inputs: readonly string[]): void {
  const found = inputs.map((file) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? '')
  const packages = [...new Set(found)].filter((folder) => folder !== '').sort()
  const texts = packages.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    const files = readdirSync(join(root, folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    return [
      `${name} ${version} (${license})`,
      ...files.map((file) => readFileSync(join(root, folder, file), 'utf8').trim()),
    ].join('\n\n')
  })
  writeFileSync(join(outdir, 'THIRD-PARTY-LICENSES.txt'), `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`)
}

function writeDeclarations(): void {
  const flags = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--rootDir', 'src', '--outDir', 'dist/types']
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const run = spawnSync(process.execPath, [tsc, '-p', 'scripts/tsconfig.library.json', ...flags], {
    cwd: root,
    stdio: 'inherit',
  })
  if (run.status !== 0) process.exit(run.status ?? 1)
}

if (values.outdir === undefined) rmSync(outdir, { recursive: true, force: true })
await bundle()
chmodSync(join(outdir, 'main.js'), 0o755)
if (values.outdir === undefined) writeDeclarations()
