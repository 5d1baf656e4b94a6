// docs/tasks/observe.md: its commands are answered, and its lines have the keys of real ones.

import { join } from 'node:path'
import t from 'tap'
import { startEndpoint, startGateway } from '../supervisor/gateway-process.ts'
import { blocksOf } from './pages.ts'
import { Terminal } from './terminal.ts'

const page = blocksOf('docs/tasks/observe.md')
const commands = page.filter(({ language }) => language === 'sh').flatMap(({ text }) => text.trim().split('\n'))
const shown = page.filter(({ language }) => language === 'json').map(({ text }) => JSON.parse(text) as object)

t.test('the commands', async (t) => {
  const terminal = new Terminal(t, { ADMIN_TOKEN: 'y'.repeat(32) })
  const endpoint = await startEndpoint(t, (_, response) => response.end('fine\n'))
  const config = {
    listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
    routes: [{ name: 'all', to: 'all' }],
    upstreams: { all: { discovery: { static: [endpoint] } } },
  }
  process.env.PAGE_TOKEN = 'y'.repeat(32)
  const open = await startGateway(t, { ...config, admin: { bind: '127.0.0.1:0' } }, ['--workers', '0'])
  const closed = await startGateway(t, { ...config, admin: { bind: '127.0.0.1:0', token: { env: 'PAGE_TOKEN' } } }, [
    '--workers',
    '0',
  ])
  const socket = join(open.folder, 'admin.sock')
  await startGateway(t, { ...config, admin: { bind: `unix:${socket}` } }, ['--workers', '0'])
  terminal.swap('gateway.internal:9901', new URL(closed.url('', 'admin')).host)
  terminal.swap('127.0.0.1:9901', new URL(open.url('', 'admin')).host)
  terminal.swap('/run/headgate/admin.sock', socket)
  t.equal(commands.length, 4)
  for (const command of commands) {
    const { code, out } = await terminal.run(command)
    t.equal(code, 0, `${command}: ${out}`)
  }
  const { upstreams } = JSON.parse((await terminal.run('curl -s http://127.0.0.1:9901/upstreams')).out)
  t.strictSame(Object.keys(shown[0] ?? {}), Object.keys(upstreams[0].endpoints[0]), 'the keys of an endpoint')
  t.not((await terminal.run('curl -s http://gateway.internal:9901/config')).code, 0, 'a refusal is seen')
})
