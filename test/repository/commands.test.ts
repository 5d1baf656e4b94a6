// The commands of the pages about the demo, run in their order; what a page shows below them is what they print.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type GatewayProcess, startGateway } from '../supervisor/gateway-process.ts'
import { freePort } from '../support/free-port.ts'
import { startDemo } from './demo-gateway.ts'
import { blocksOf } from './pages.ts'
import { playPage, SLOW } from './play-page.ts'
import { DEMO_PAGES } from './run-by.ts'
import { looksLike, Terminal } from './terminal.ts'

t.test('pages about the demo', SLOW, async (t) => {
  const terminal = new Terminal(t)
  await startDemo(t, terminal)

  await t.test('docs/getting-started.md', SLOW, async (t) => {
    const [web, admin] = [await freePort(), await freePort()]
    terminal.swap('127.0.0.1:8081', `127.0.0.1:${web}`)
    terminal.swap('port 8081', `port ${web}`)
    terminal.swap('127.0.0.1:9902', `127.0.0.1:${admin}`)
    let gateway: GatewayProcess | null = null
    await playPage(t, 'docs/getting-started.md', terminal, async (name, text) => {
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
    await t.test(page, SLOW, (t) => playPage(t, page, terminal))
    await terminal.run('curl -s -X POST http://127.0.0.1:9105/two/start')
  }
})

t.test('what is printed is compared', async (t) => {
  t.ok(looksLike('a 1\nb (2)\n', 'a …\nb (2)\n'))
  t.notOk(looksLike('a 1\nc\n', 'a …\nb\n'))
  t.notOk(looksLike('a 1\n', 'a …\nb\n'))
})
