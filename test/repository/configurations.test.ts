// Every configuration in the documents is read from a file, compiled, and says what becomes of a request; those that show a part of
// one are completed first.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { makeLocalCa } from '../../scripts/make-local-ca.ts'
import { loadConfig } from '../../src/config/load.ts'
import { formatProblem } from '../../src/config/problem.ts'
import { explainRequest } from '../../src/explain/explain.ts'
import { compileOffline } from '../../src/explain/offline.ts'
import { seeded } from '../../src/explain/seeded.ts'
import { type Block, blocksOf, isConfiguration, pages } from './pages.ts'
import { PLUGIN_PAGES } from './run-by.ts'

const folder = t.testdir({ 'admin-token': 'x'.repeat(32) })
makeLocalCa(join(folder, 'certs'), ['*.example.com', 'example.com', 'www.example.org', 'api.example.org', 'shop.internal'])

interface Written {
  readonly listeners?: unknown
  readonly routes?: readonly {
    readonly listeners?: readonly string[]
    readonly to?: string | readonly { upstream: string }[]
  }[]
  readonly upstreams?: Readonly<Record<string, unknown>>
  readonly kubernetes?: unknown
}

/** With what stands elsewhere in the file of which a page shows a part: further up on the page, or in the reader's head. */
function completed({ page, text }: Block): string {
  const { listeners, routes = [], upstreams, kubernetes } = parse(text) as Written
  const unused = routes.length === 0 ? Object.keys(upstreams ?? {}) : []
  const missing: Record<string, unknown> = {}
  if (listeners === undefined && kubernetes === undefined) {
    const names = routes.flatMap((route) => route.listeners ?? [])
    missing.listeners = [...new Set(['web', ...names])].map((name, i) => ({ name, bind: `127.0.0.1:${8080 + i}` }))
  }
  if (upstreams === undefined) {
    const names = routes.flatMap(({ to = [] }) => (typeof to === 'string' ? [to] : to.map(({ upstream }) => upstream)))
    const shown = configurations.filter((block) => block.page === page).map((block) => parse(block.text) as Written)
    const known = Object.assign({}, ...shown.map((each) => each.upstreams ?? {}))
    missing.upstreams = Object.fromEntries(
      names.map((name) => [name, known[name] ?? { discovery: { static: ['127.0.0.1:9000'] } }]),
    )
  }
  if (unused.length > 0) missing.routes = unused.map((name) => ({ name, to: name, match: [{ path: { prefix: `/${name}` } }] }))
  return (
    text +
    Object.entries(missing)
      .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
      .join('')
  )
}

/** Files that only the reader has. */
const withFiles = (text: string): string =>
  text
    .replace(/[\w./-]*\bca\.pem/g, join(folder, 'certs', 'ca.pem'))
    .replace(/(?<=cert: )[\w./-]+\.pem/g, join(folder, 'certs', 'localhost.pem'))
    .replace(/(?<=key: )[\w./-]+\.key/g, join(folder, 'certs', 'localhost.key'))
    .replace(/(?<=file: )[\w./-]+-token\b/g, join(folder, 'admin-token'))

const configurations = pages
  .filter((page) => !PLUGIN_PAGES.includes(page))
  .flatMap(blocksOf)
  .filter((block) => isConfiguration(block) && block.notRun === null && !block.text.startsWith('# wrong.yaml'))

t.ok(configurations.length > 45, `${configurations.length} configurations`)
mkdirSync(join(folder, 'pages'))

for (const [index, block] of configurations.entries()) {
  t.test(`${block.page}:${block.line}`, async (t) => {
    const file = join(folder, 'pages', `${index}.yaml`)
    writeFileSync(file, withFiles(completed(block)))
    // Secrets that only the reader has.
    const names = [...block.text.matchAll(/\benv: (\w+)/g)].map(([, name = '']) => name)
    const env = Object.fromEntries(names.map((name) => [name, 'x'.repeat(32)]))
    const loaded = await loadConfig(file, { env })
    if ('errors' in loaded) return t.strictSame(loaded.errors.map(formatProblem), [])
    const warnings = loaded.warnings.map(formatProblem)
    // All pages share one certificate.
    t.strictSame(
      warnings.filter((warning) => !warning.includes(' is never shown: ')),
      [],
      'warnings',
    )
    const { config } = loaded
    if (config.listeners.length === 0) return
    const view = compileOffline(config, seeded(1))
    for (const { name, protocol } of config.listeners) {
      const scheme = { http: 'http', https: 'https', tls: 'tls', tcp: 'tcp' }[protocol]
      const url = `${scheme}://shop.example.com${protocol === 'tcp' ? ':1' : protocol === 'tls' ? ':443' : '/'}`
      const request = { method: 'GET', url, headers: [], listener: name, client: null, seed: 1 }
      const outcome = explainRequest(view, request, { choice: null, others: false })
      if (typeof outcome === 'string') t.fail(outcome)
      else t.equal(outcome.explanation.listener, name)
    }
  })
}
