// Bundles the dashboard for browsers into one script and one style sheet: src/admin/dashboard/built.json, which is committed, so that a
// checkout serves what the package serves without a build, and the page that tests look at is that of everybody.
// Run: node scripts/build-dashboard.ts

import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { build } from 'esbuild'

export const BUILT = new URL('../src/admin/dashboard/built.json', import.meta.url)

export interface BuiltDashboard {
  /** What went into it, relative to the top of the repository. */
  readonly inputs: readonly string[]
  /** Of `built.json`. */
  readonly text: string
}

export async function buildDashboard(): Promise<BuiltDashboard> {
  const result = await build({
    absWorkingDir: resolve(import.meta.dirname, '..'),
    entryPoints: ['src/admin/dashboard/main.tsx'],
    outdir: 'dist/dashboard',
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: ['es2022', 'chrome111', 'firefox113', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    tsconfigRaw: {},
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
  const textOf = (end: string): string => result.outputFiles.find(({ path }) => path.endsWith(end))?.text.trim() ?? ''
  // They stand in the page itself, where this would end them.
  const script = textOf('.js').replaceAll(/<\/(?=script)/gi, '<\\/')
  const style = textOf('.css')
  if (/<\/style/i.test(style) || /<!--/.test(script)) throw new Error('the bundle cannot stand in a page')
  return { inputs: Object.keys(result.metafile.inputs), text: `${JSON.stringify({ style, script }, null, 2)}\n` }
}

if (import.meta.main) {
  const { text } = await buildDashboard()
  writeFileSync(BUILT, text)
  console.log(`${Math.ceil(text.length / 1024)} KiB  src/admin/dashboard/built.json`)
}
