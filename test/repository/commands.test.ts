// The commands of the pages, run in their order; what a page shows below them is what they print.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type GatewayProcess, startEndpoint, startGateway } from '../supervisor/gateway-process.ts'
import { startDemo } from './demo-gateway.ts'
import { blocksOf, isConfiguration } from './pages.ts'
import { CONFIG_PAGES, DEMO_PAGES } from './run-by.ts'
import { freePort, looksLike, Terminal } from './terminal.ts'

/** Not run here: what the test starts itself, and programs that a machine may not have. */
const started = /^(npm (start|test)|headgate run) ?/
const foreign = /^(grpcurl|h2load|openssl) |\| (jq) /

/** Each command starts a program. */
const SLOW = { timeout: 100_000 }

async function has(terminal: Terminal, program: string): Promise<boolean> {
  return (await terminal.run(`command -v ${program}`)).code === 0
}

/** Runs the blocks of a page; an output that a page shows belongs to the commands above it. */
async function play(t: Test, page: string, terminal: Terminal, onFile?: (name: string, text: string) => Promise<void>) {
  const blocks = blocksOf(page)
  for (const [index, { language, text, line, notRun }] of blocks.entries()) {
    const [, name] = language === 'yaml' ? (/^# (\S+\.yaml)\n/.exec(text) ?? []) : []
    if (name !== undefined) await onFile?.(name, text)
    if (language !== 'sh' || notRun !== null) continue
    const lines: string[] = []
    for (const command of text.trimEnd().split('\n')) {
      const [, first, piped] = foreign.exec(command) ?? []
      const program = first ?? piped ?? ''
      if (command.startsWith('headgate run ')) await onFile?.('run', command)
      if (started.test(command) || (program !== '' && !(await has(terminal, program)))) continue
      lines.push(command)
    }
    if (lines.length === 0) continue
    const below = blocks[index + 1]
    const last = text.trimEnd().split('\n').at(-1) ?? ''
    const shown = below?.language === 'text' && !started.test(last) ? below.text : '…'
    const expected = (code: number, out: string): boolean => (shown === '…' ? code === 0 : looksLike(out, shown))
    let said = await terminal.run(lines.join('\n'))
    // What workers have counted is told once a second.
    for (let i = 0; i < 20 && /9901/.test(text) && !expected(said.code, said.out); i++) {
      await new Promise((later) => setTimeout(later, 200))
      said = await terminal.run(lines.join('\n'))
    }
    const { code, out, err } = said
    const right = expected(code, out + (/^\S+\.yaml:\d/.test(shown) ? err : ''))
    t.ok(right, `${page}:${line}`, right ? {} : { lines, code, out, err, shown })
  }
}

t.test('pages about the demo', SLOW, async (t) => {
  const terminal = new Terminal(t)
  await startDemo(t, terminal)

  await t.test('docs/getting-started.md', SLOW, async (t) => {
    const [web, admin] = [await freePort(), await freePort()]
    terminal.swap('127.0.0.1:8081', `127.0.0.1:${web}`)
    terminal.swap('port 8081', `port ${web}`)
    terminal.swap('127.0.0.1:9902', `127.0.0.1:${admin}`)
    let gateway: GatewayProcess | null = null
    await play(t, 'docs/getting-started.md', terminal, async (name, text) => {
      if (name === 'run') {
        gateway = await startGateway(t, readFileSync(join(terminal.folder, 'shop.yaml'), 'utf8'), ['--workers', '1'])
        return
      }
      terminal.write(name, text)
      if (gateway === null || name !== 'shop.yaml') return
      const before = gateway.said('configuration reloaded')
      writeFileSync(gateway.file, terminal.real(text))
      await gateway.until(() => (gateway?.said('configuration reloaded') ?? 0) > before)
    })
  })

  terminal.write('headgate.yaml', blocksOf('README.md').find(({ language }) => language === 'yaml')?.text ?? '')
  for (const page of DEMO_PAGES.slice(1)) {
    await t.test(page, SLOW, (t) => play(t, page, terminal))
  }
})

/** What runs where a page has no configuration of its own. */
const [usual] = blocksOf('docs/tasks/headers.md').filter(isConfiguration)

for (const page of CONFIG_PAGES) {
  t.test(page, SLOW, async (t) => {
    const blocks = blocksOf(page)
    const text = (blocks.find(isConfiguration) ?? usual)?.text ?? ''
    const endpoint = await startEndpoint(t, (_, response) => response.end('fine\n'))
    const terminal = new Terminal(t)
    terminal.swap('127.0.0.1:3000', endpoint)
    terminal.write('headgate.yaml', text)
    if (blocks.some((block) => block.language === 'sh' && /127\.0\.0\.1:(8080|9901)/.test(block.text))) {
      const config = terminal.real(text).replace(/bind: \S+:80(80)?\b/, 'bind: "127.0.0.1:0"')
      const gateway = await startGateway(t, `${config}\nadmin: { bind: "127.0.0.1:0" }\n`, ['--workers', '1'])
      terminal.swap('127.0.0.1:8080', new URL(gateway.url('')).host)
      terminal.swap('127.0.0.1:9901', new URL(gateway.url('', 'admin')).host)
    }
    await play(t, page, terminal, async (name, text) => {
      if (name !== 'run') terminal.write(name, text)
    })
  })
}

t.test('what is printed is compared', async (t) => {
  t.ok(looksLike('a 1\nb (2)\n', 'a …\nb (2)\n'))
  t.notOk(looksLike('a 1\nc\n', 'a …\nb\n'))
  t.notOk(looksLike('a 1\n', 'a …\nb\n'))
})
