// Plugins in the real command: swapped while it runs, broken versions, what they do outside of requests.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type GatewayProcess, simpleConfig, startEndpoint, startGateway, until } from '../supervisor/gateway-process.ts'

const version = (name: string, more = '') => `import { definePlugin } from ${"'headgate/plugin'"}
import { words } from './words.ts'

${more}
export default definePlugin({
  name: 'p',
  schema: { type: 'object', properties: { value: { type: 'string' } }, required: ['value'], additionalProperties: false },
  onResponse(exchange, options) {
    exchange.response.headers.set('x-version', '${name}' + words + options.value)
  },
})
`

const OPTIONS = { value: '!' }

function config(endpoint: string, more: object = {}): object {
  const filters = [{ plugin: { name: 'p', options: OPTIONS } }]
  return simpleConfig(endpoint, { plugins: [{ path: './p' }], routes: [{ name: 'all', filters, to: 'all' }], ...more })
}

/** The gateway's configuration is written last: until then it has none. */
async function startWith(
  t: Test,
  source: string,
  more: object = {},
  answer = () => {},
): Promise<[GatewayProcess, () => Promise<string>]> {
  const endpoint = await startEndpoint(t, async (request, response) => {
    if (request.url === '/slow') await answer()
    response.end()
  })
  const folder = t.testdir({})
  await mkdir(join(folder, 'p'))
  await writeFile(join(folder, 'p', 'words.ts'), "export const words: string = '-'\n")
  await writeFile(join(folder, 'p', 'index.ts'), source)
  const gateway = await startGateway(t, config(endpoint, { plugins: [{ path: join(folder, 'p') }], ...more }))
  return [
    Object.assign(gateway, { plugin: join(folder, 'p') }),
    async () => (await fetch(gateway.url('/'))).headers.get('x-version') ?? '',
  ]
}

const pluginOf = (gateway: GatewayProcess): string => (gateway as unknown as { plugin: string }).plugin

for (const workers of [2, 0]) {
  t.test(`a changed plugin with workers: ${workers}`, async (t) => {
    const gate = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const [gateway, seen] = await startWith(t, version('one'), { workers }, () => {
      asked.resolve()
      return gate.promise
    })
    const plugin = pluginOf(gateway)
    t.equal(await seen(), 'one-!')
    const slow = fetch(gateway.url('/slow'))
    await asked.promise

    await writeFile(join(plugin, 'index.ts'), version('two'))
    await gateway.until(() => gateway.said('configuration reloaded') === 1)
    t.equal(await seen(), 'two-!')
    gate.resolve()
    t.equal((await slow).headers.get('x-version'), 'one-!', 'what ran keeps what it began with')

    await writeFile(join(plugin, 'words.ts'), "export const words: string = '+'\n")
    await gateway.until(() => gateway.said('configuration reloaded') === 2)
    t.equal(await seen(), 'two+!', 'a file that it imports')

    await writeFile(join(plugin, 'index.ts'), version('three', 'const broken = ;'))
    await gateway.until(() => gateway.said('was not reloaded') === 1)
    t.equal(gateway.said(`${join(plugin, 'index.ts')}:4:16: SyntaxError`), 1, 'the place in the plugin')
    t.equal(gateway.said(`${gateway.file}:1:`), 1, 'and in the configuration')
    t.equal(await seen(), 'two+!')

    if (workers > 0) {
      const [first] = gateway.workers
      process.kill(first as number, 'SIGKILL')
      await gateway.until(() => gateway.workers.length === workers + 1)
      for (let i = 0; i < 20; i++) if ((await seen()) !== 'two+!') t.fail('a new worker runs something else than the others')
    }

    await writeFile(join(plugin, 'index.ts'), version('four'))
    await gateway.until(() => gateway.said('configuration reloaded') === 3)
    t.equal(await seen(), 'four+!')
    const shown = (await (await fetch(gateway.url('/config', 'admin'))).json()) as { config: { plugins: { code: object }[] } }
    t.strictSame(Object.keys(shown.config.plugins[0]?.code ?? {}), ['name', 'digest'], '/config does not show its text')
  })

  t.test(`mistakes outside of requests with workers: ${workers}`, async (t) => {
    const timers = `let once = false
    function start() {
      if (once) return
      once = true
      setTimeout(() => { throw new Error('from a timer') }, 1)
      setTimeout(() => { Promise.reject(new Error('from a promise')) }, 1)
      setTimeout(() => { Promise.reject('without a stack') }, 1)
      setTimeout(() => { fetch('http://127.0.0.1:1/') }, 1)
    }`
    const source = version('one', timers).replace('onResponse', 'onRequest() { start() },\n  onResponse')
    const [gateway, seen] = await startWith(t, source, { workers: Math.min(workers, 1) })
    t.equal(await seen(), 'one-!')
    await gateway.until(() => gateway.said('a plugin failed outside of a request') === 4)
    t.equal(await seen(), 'one-!')
    t.equal(gateway.workers.length, Math.min(workers, 1), 'no worker was replaced')
    await until(async () => {
      const metrics = await (await fetch(gateway.url('/metrics', 'admin'))).text()
      return /^headgate_plugin_errors_total\{plugin="p"\} 2$/m.test(metrics)
    })
  })
}

t.test('a plugin that ends the process while it is loaded', async (t) => {
  const [gateway] = await startWith(t, version('one', 'process.exit(3)'))
  t.equal((await gateway.exited).code, 1)
  t.match(gateway.stderr, /headgate\.yaml:1:\d+: the process that loads plugins ended \(exit code 3\)/)
})

t.test('options that do not fit the new version', async (t) => {
  const [gateway, seen] = await startWith(t, version('one'))
  const plugin = pluginOf(gateway)
  await writeFile(join(plugin, 'index.ts'), version('two').replaceAll('value', 'other'))
  await gateway.until(() => gateway.said('was not reloaded') === 1)
  t.equal(gateway.said('missing key "other"'), 1)
  t.equal(gateway.said('unknown key "value"'), 1)
  t.equal(await seen(), 'one-!')
})
