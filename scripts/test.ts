// `npm test`: builds tap's test class if its settings changed, runs the suite, and closes with the counts alone on a line.
// Arguments go to tap, so `npm test -- test/routing` runs a part (tap itself takes files only, so folders become their files).

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { TapReport } from './tap-report.ts'

const root = resolve(import.meta.dirname, '..')
const tap = join(root, 'node_modules', 'tap', 'dist', 'esm', 'run.mjs')

/** tap generates its test class from the plugins in .taprc, into node_modules: a fresh install has not got it. */
function buildTestClass(): void {
  const stamp = join(root, 'node_modules', '.headgate-tap-built')
  const settings = readFileSync(join(root, '.taprc'), 'utf8')
  if (existsSync(join(root, '.tap', 'plugins')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === settings) return
  const build = spawnSync(process.execPath, [tap, 'build'], { cwd: root, stdio: ['ignore', 2, 2] })
  if (build.status !== 0) {
    console.error('tap build failed')
    process.exit(build.status ?? 1)
  }
  writeFileSync(stamp, settings)
}

function expandFolders(args: readonly string[]): string[] {
  return args.flatMap((arg) =>
    statSync(join(root, arg), { throwIfNoEntry: false })?.isDirectory()
      ? globSync(`${arg}/**/*.test.ts`, { cwd: root })
      : [arg],
  )
}

async function runSuite(args: readonly string[]): Promise<number> {
  const report = new TapReport((line) => console.log(line))
  const suite = spawn(process.execPath, [tap, 'run', '--reporter=tap', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => suite.kill(signal))
  const ended = new Promise<number>((done) => suite.on('close', (code) => done(code ?? 1)))
  for await (const line of createInterface({ input: suite.stdout })) report.line(line)
  const code = await ended
  report.end()
  const { counts } = report
  if (counts === null || counts.passed + counts.failed === 0) {
    console.log(`no test ran to its end (tap's exit code: ${code})`)
    return code === 0 ? 1 : code
  }
  console.log(`\n${report.files} test files${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`)
  console.log(`${counts.passed} passed, ${counts.failed} failed`)
  return code === 0 && counts.failed > 0 ? 1 : code
}

buildTestClass()
process.exitCode = await runSuite(expandFolders(process.argv.slice(2)))
