// Nothing in the documents is only claimed: every block of code is run by a test, or says above itself why it is not; every page is
// reached from the index.

import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import t from 'tap'
import { type Block, blocksOf, isConfiguration, pages, readPage } from './pages.ts'
import { CONFIG_PAGES, DEMO_PAGES, PLUGIN_PAGES, PROGRAM_PAGES, RUN_BY } from './run-by.ts'
import { root } from './source-files.ts'

/** What a computer can do with a block: run it, read it, or only show it. */
const LANGUAGES = ['yaml', 'sh', 'console', 'ts', 'js', 'json']
const SHOWN = ['text', 'mermaid']

/** The test that runs it; null = none. */
function runnerOf(block: Block): string | null {
  const { page, language } = block
  const named = RUN_BY[page]?.[language]
  if (language === 'sh' && DEMO_PAGES.includes(page)) return 'test/repository/commands.test.ts'
  if (language === 'sh' && CONFIG_PAGES.includes(page)) return 'test/repository/config-commands.test.ts'
  if (language === 'ts' && PROGRAM_PAGES.includes(page) && /from 'headgate'/.test(block.text))
    return 'test/repository/programs.test.ts'
  if (/^scrape_configs:/m.test(block.text)) return 'test/observe/scrape-pages.test.ts'
  if (isConfiguration(block) && !PLUGIN_PAGES.includes(page)) return 'test/repository/configurations.test.ts'
  return named ?? null
}

const blocks = pages.flatMap(blocksOf)

t.test('every block is run, or says why not', async (t) => {
  t.ok(blocks.length > 100, `${blocks.length} blocks`)
  const silent = blocks
    .filter(({ language, notRun }) => notRun === null && !SHOWN.includes(language))
    .filter((block) => !LANGUAGES.includes(block.language) || runnerOf(block) === null)
    .map(({ page, line, language }) => `${page}:${line}: ${language || 'no language'}`)
  t.strictSame(silent, [], 'put a comment `<!-- not run: REASON -->` above it, or a line for its test into run-by.ts')
  for (const { page, line, notRun } of blocks)
    if (notRun !== null) t.match(notRun, /\w+ \w+ \w+/, `${page}:${line} has a reason`)
})

t.test('fences are closed, and reasons stand above one', async (t) => {
  for (const page of pages) {
    const text = readPage(page)
    const own = blocks.filter((block) => block.page === page)
    t.equal([...text.matchAll(/^ *```/gm)].length, own.length * 2, `${page}: fences`)
    t.equal(
      [...text.matchAll(/^<!-- not run/gm)].length,
      own.filter(({ notRun }) => notRun !== null).length,
      `${page}: reasons`,
    )
  }
})

t.test('the tests that are named read their pages', async (t) => {
  for (const [page, tests] of Object.entries(RUN_BY)) {
    for (const [language, test] of Object.entries(tests)) {
      t.ok(existsSync(join(root, test)), test)
      const own = blocks.filter((block) => block.page === page && block.language === language && block.notRun === null)
      t.ok(own.length > 0, `${page} has a block of ${language}`)
      if (test.startsWith('test/repository/commands')) continue
      const folder = dirname(join(root, test))
      const near = [
        test,
        ...[...readFileSync(join(root, test), 'utf8').matchAll(/from '(\.{1,2}\/[^']+)'/g)].map(([, path = '']) =>
          relative(root, resolve(folder, path)),
        ),
      ]
      t.ok(
        near.some((file) => readFileSync(join(root, file), 'utf8').includes(basename(page))),
        `${test} names ${page}`,
      )
    }
  }
  for (const page of [...DEMO_PAGES, ...CONFIG_PAGES, ...PROGRAM_PAGES]) t.ok(pages.includes(page), page)
})

t.test('the index leads to every page', async (t) => {
  const seen = new Set<string>()
  const follow = (page: string): void => {
    if (seen.has(page) || !page.startsWith('docs/')) return
    seen.add(page)
    for (const [, link = ''] of readPage(page).matchAll(/\]\(([^)\s#]+)[^)\s]*\)/g)) {
      const file = resolve(root, dirname(page), link)
      if (file.endsWith('.md') && existsSync(file)) follow(relative(root, file))
    }
  }
  follow('docs/README.md')
  t.strictSame(
    pages.filter((page) => page.startsWith('docs/') && !seen.has(page)),
    [],
  )
})

t.test('a gap is seen', async (t) => {
  const block: Block = { page: 'docs/tasks/mirror.md', line: 1, language: 'sh', text: 'true\n', notRun: null }
  t.equal(runnerOf(block), null)
  t.equal(runnerOf({ ...block, language: 'yaml', text: 'rule_files: []\n' }), null, 'of another program')
  t.equal(runnerOf({ ...block, language: 'yaml', text: 'routes: []\n' }), 'test/repository/configurations.test.ts')
})

t.test('what docs/comparison.md says of others has its source beside it', async (t) => {
  const page = readPage('docs/comparison.md')
  t.match(page, /^[^#]*\b\d{1,2} \w+ 20\d\d\b/m, 'it is dated')
  for (const [title, columns] of [
    ['Where the others are better', [1]],
    ['When endpoints fail', [1, 2, 3, 4]],
    ['Extending', [1]],
  ] as const) {
    const [, section = ''] = page.split(`\n## ${title}\n`)
    const rows = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| ') && !/^\| -/.test(line))
    t.ok(rows.length > 5, title)
    for (const row of rows.slice(1)) {
      const cells = row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim())
      if (cells[0] === 'Headgate') continue
      for (const column of columns) if (cells[column] !== '') t.match(cells[column], /\]\((https:|#|performance)/, row)
    }
  }
})

t.test('commands of the package that are named exist', async (t) => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
  for (const page of pages) {
    const text = readPage(page)
    for (const [, name = ''] of text.matchAll(/npm run (?:--\S+ )?([\w:-]+)/g))
      t.ok(Object.hasOwn(scripts, name), `${page}: npm run ${name}`)
    for (const [, file = ''] of text.matchAll(/\bnode ((?:scripts|bench|src)\/[\w./-]+)/g))
      t.ok(existsSync(join(root, file)), `${page}: node ${file}`)
  }
})

t.test('figures that are told again are those of docs/performance.md', async (t) => {
  const measured = readPage('docs/performance.md')
  for (const [page, title] of [
    ['README.md', 'Figures'],
    ['docs/comparison.md', 'Speed and memory'],
  ] as const) {
    const section = readPage(page).split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? ''
    const figures = [...section.matchAll(/\| ([\d.]+)(?: µs)?(?= \|)/g)].map(([, figure = '']) => figure)
    t.ok(figures.length > 6, page)
    for (const figure of figures) if (figure !== '1') t.match(measured, `| ${figure} |`, `${page}: ${figure}`)
  }
})

t.test(
  'every file and folder that src/README.md and CONTRIBUTING.md name exists, and every folder of src/ is named',
  async (t) => {
    const missing: string[] = []
    const [life, contributing] = [readPage('src/README.md'), readPage('CONTRIBUTING.md')]
    for (const [, name = ''] of life.matchAll(/`([\w-]+\/[\w./*-]*|[\w-]+\.ts)`/g)) {
      const places = [`src/${name}`, name, `src/**/${name}`]
      if (!places.some((place) => globSync(place, { cwd: root }).length > 0)) missing.push(`src/README.md: ${name}`)
    }
    for (const [, name = ''] of contributing.matchAll(/`((?:src|test|scripts|config|docs|bench|plugins)\/[\w./*-]*)`/g))
      if (globSync(name, { cwd: root }).length === 0) missing.push(`CONTRIBUTING.md: ${name}`)
    t.strictSame(missing, [])
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    for (const { name } of folders) t.match(contributing, `\`${name}/\``, `CONTRIBUTING.md has ${name}/`)
  },
)

t.test('metrics and keys that are named exist', async (t) => {
  const metrics = readPage('docs/reference/metrics.md')
  const reference = readPage('docs/reference/configuration.md') + readPage('docs/reference/filters.md')
  const keys = [...reference.matchAll(/^\| `([\w$.[\]]+)` \|/gm)].map(([, key = '']) => key.replaceAll('[]', ''))
  const blocksOfKeys = new Set(keys.flatMap((key) => key.split('.').slice(0, -1)))
  const wrong: string[] = []
  for (const page of pages) {
    const text = readPage(page)
    for (const [name] of text.matchAll(/\bheadgate_[a-z_]*[a-z]\b/g)) {
      const family = name.replace(/_(?:bucket|sum|count)$/, '')
      if (!metrics.includes(`\`${name}\``) && !metrics.includes(`\`${family}\``)) wrong.push(`${page}: ${name}`)
    }
    // Manifests have `limits` of their own, templates and plugins `request` and `tls`.
    if (page === 'docs/kubernetes.md') continue
    for (const [, token = '', first = ''] of text.matchAll(/`(([a-z][A-Za-z0-9]*)(?:\.[a-zA-Z0-9]+)+)`/g)) {
      if (!blocksOfKeys.has(first) || /^(?:tls|request)\.|\.ts$/.test(token)) continue
      if (!keys.some((key) => key === token || key.endsWith(`.${token}`))) wrong.push(`${page}: ${token}`)
    }
  }
  t.strictSame(wrong, [])
  t.ok(blocksOfKeys.has('timeouts') && blocksOfKeys.has('ejection'))
})
