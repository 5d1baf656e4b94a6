// The programs on the pages for programmers have the right types, run, and print what their comments say.

import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { blocksOf } from './pages.ts'
import { PROGRAM_PAGES } from './run-by.ts'
import { root } from './source-files.ts'

const folder = t.testdir({ 'package.json': '{"type":"module"}' })
// The package as it is installed, but from source.
const installed = join(folder, 'node_modules', 'headgate')
mkdirSync(installed, { recursive: true })
symlinkSync(join(root, 'src'), join(installed, 'src'))
writeFileSync(
  join(installed, 'package.json'),
  JSON.stringify({ name: 'headgate', type: 'module', exports: { '.': './src/index.ts', './plugin': './src/plugin-api.ts' } }),
)

const programs = PROGRAM_PAGES.flatMap(blocksOf).filter(
  ({ language, text }) => language === 'ts' && /from 'headgate'/.test(text),
)
for (const [index, { page, line, text }] of programs.entries()) {
  const file = join(folder, `${index}.ts`)
  writeFileSync(file, text)
  t.test(`${page}:${line}`, async (t) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: folder, encoding: 'utf8', timeout: 60_000 })
    t.equal(status, 0, stderr)
    const promised = [...text.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, said = '']) =>
      said.replace(/:\d{4,5}$/, ':PORT'),
    )
    const printed = stdout.trim().split('\n')
    if (promised.length > 0)
      t.strictSame(
        printed.map((said) => said.replace(/:\d{4,5}$/, ':PORT')),
        promised,
      )
  })
}
t.equal(programs.length, 4)

// The plugin that the last of them tests.
const stamp = blocksOf('docs/tasks/plugin.md').find(({ text }) => text.startsWith('// plugins/stamp/index.ts'))
mkdirSync(join(folder, 'plugins', 'stamp'), { recursive: true })
writeFileSync(join(folder, 'plugins', 'stamp', 'index.ts'), stamp?.text ?? '')

t.test('their types', { timeout: 100_000 }, async (t) => {
  // What a reader's own settings need not have.
  const lenient = { noUncheckedIndexedAccess: false, noUnusedLocals: false }
  const compilerOptions = { ...lenient, noEmit: true, types: ['node'], typeRoots: [join(root, 'node_modules', '@types')] }
  const paths = { headgate: [join(root, 'src/index.ts')], 'headgate/plugin': [join(root, 'src/plugin-api.ts')] }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { ...compilerOptions, paths },
      include: ['*.ts', 'plugins'],
    }),
  )
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })
  t.equal(stdout, '')
})
