// The commands of pages that show a configuration, asked of a gateway that runs it.

import t from 'tap'
import { startEndpoint, startGateway } from '../supervisor/gateway-process.ts'
import { blocksOf, isConfiguration } from './pages.ts'
import { playPage, SLOW } from './play-page.ts'
import { CONFIG_PAGES } from './run-by.ts'
import { Terminal } from './terminal.ts'

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
    await playPage(t, page, terminal, async (name, text) => {
      if (name !== 'run') terminal.write(name, text)
    })
  })
}
