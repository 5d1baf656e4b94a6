// Links in the documents lead somewhere, and the README leads to every page.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import t from 'tap'
import { root } from './source-files.ts'

const LINK = /\]\(([^)\s]+)\)/g
const pages = [...globSync('*.md', { cwd: root }), ...globSync('{docs,src,plugins,bench}/**/*.md', { cwd: root })].filter(
  (page) => !page.includes('node_modules'),
)

/** As GitHub makes them of headings. */
function anchors(text: string): ReadonlySet<string> {
  const headings = text.replace(/^```.*?^```/gms, '').matchAll(/^#+ (.+)$/gm)
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

t.test('links lead somewhere', async (t) => {
  const broken: string[] = []
  for (const page of pages) {
    for (const [, link = ''] of readFileSync(join(root, page), 'utf8').matchAll(LINK)) {
      if (/^[a-z]+:/.test(link)) continue
      const [path = '', anchor] = link.split('#')
      const file = path === '' ? join(root, page) : resolve(root, dirname(page), path)
      if (!existsSync(file)) broken.push(`${page}: ${link}`)
      else if (anchor !== undefined && !anchors(readFileSync(file, 'utf8')).has(anchor)) broken.push(`${page}: ${link}`)
    }
  }
  t.strictSame(broken, [])
})

t.test('the README leads to every page under docs, by links', async (t) => {
  const seen = new Set<string>()
  const follow = (page: string): void => {
    if (seen.has(page)) return
    seen.add(page)
    for (const [, link = ''] of readFileSync(join(root, page), 'utf8').matchAll(LINK)) {
      const file = resolve(root, dirname(page), link.split('#')[0] ?? '')
      if (file.endsWith('.md') && existsSync(file)) follow(relative(root, file))
    }
  }
  follow('README.md')
  t.strictSame(
    pages.filter((page) => page.startsWith('docs/') && !seen.has(page)),
    [],
  )
})
