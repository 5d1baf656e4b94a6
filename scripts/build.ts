// `npm run build`: bundles the source and its packages into dist/ and writes the declarations of the library's face.
// Shared code goes into chunks, so that what is imported lazily (YAML, schemas, metrics) is read only by the process that needs it.

import { spawnSync } from 'node:child_process'
import { chmodSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

const root = resolve(import.meta.dirname, '..')
const outdir = join(root, 'dist')

/** Some packages are CommonJS and ask for Node's own modules by `require`, which an ES module does not have. */
const REQUIRE = `import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);`

async function bundle(): Promise<void> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['src/main.ts', 'src/index.ts'],
    outdir,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    sourcemap: 'linked',
    legalComments: 'linked',
    banner: { js: REQUIRE },
    metafile: true,
    logLevel: 'warning',
  })
  for (const [file, { bytes }] of Object.entries(result.metafile.outputs)) {
    if (file.endsWith('.js')) console.log(`${String(Math.ceil(bytes / 1024)).padStart(6)} KiB  ${file}`)
  }
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

rmSync(outdir, { recursive: true, force: true })
await bundle()
chmodSync(join(outdir, 'main.js'), 0o755)
writeDeclarations()
