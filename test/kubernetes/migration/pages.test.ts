// The page of annotations is current, and what the page about moving says is what is printed.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ANNOTATIONS_PAGE, annotationsPage } from '../../../scripts/generate-ingress-annotations.ts'
import { migrate } from '../../../src/cli/migrate.ts'
import { parseConfig } from '../../../src/config/parse.ts'

const page = readFileSync(new URL('../../../docs/tasks/migrate-from-ingress-nginx.md', import.meta.url), 'utf8')

/** Blocks of a language, in their order. */
const blocks = (language: string): string[] =>
  [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, found, text]) => (found === language ? [text as string] : []))

t.test('the reference page is current', async (t) => {
  t.equal(readFileSync(ANNOTATIONS_PAGE, 'utf8'), annotationsPage(), 'run node scripts/generate-ingress-annotations.ts')
})

t.test('the example is judged as the page says', async (t) => {
  const [manifest = '', settings = ''] = blocks('yaml')
  const folder = t.testdir({})
  const file = join(folder, 'shop.yaml')
  writeFileSync(file, manifest)
  let out = ''
  const code = await migrate(['ingress-nginx', '-f', file], {
    out: (text) => {
      out += text
    },
    err: (text) => t.fail(text),
    env: {},
  })
  t.equal(code, 1)
  const said = blocks('text').find((text) => text.startsWith('Ingress')) as string
  t.equal(out.replaceAll(`${folder}/`, '').slice(0, said.length), said)
  const parsed = parseConfig([{ name: 'page', text: settings }])
  t.notOk('errors' in parsed && parsed.errors, 'the settings are a configuration')
})
