/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates of the configuration */
// What the pages about the access log and about tracing show works as they say; what is shipped for other programs has their form.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { ACCESS_LOG_FIELDS, ACCESS_LOG_MORE_FIELDS } from '../../src/config/access-log-schema.ts'
import { createGateway } from '../../src/index.ts'
import { startCollector } from '../support/otlp-collector.ts'
import { deadAddress, type RawEndpoint, startEndpoint } from '../support/raw-endpoint.ts'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const blocks = (page: string, language: string): string[] =>
  [...read(page).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map((match) => match[1] ?? '')

const PAGE = 'docs/tasks/access-log.md'

interface Asked {
  readonly url: string
  readonly lines: () => Promise<string[]>
}

/** Serves what a page shows: with a file of the test, and a route where it shows none. */
async function serve(t: Test, block: string, endpoint: RawEndpoint, more: object = {}): Promise<Asked> {
  const file = join(t.testdir(), 'access.log')
  const text = block.replace('/var/log/headgate/access.log', file).replaceAll('127.0.0.1:9001', endpoint.address)
  const whole = { ...(parse(text) as object), ...more, listeners: [{ name: 'web', bind: '127.0.0.1:0' }] }
  const gateway = createGateway(whole as never)
  t.teardown(() => gateway.close())
  const { listeners } = await gateway.start()
  return {
    url: listeners.web as string,
    async lines() {
      await gateway.close()
      return readFileSync(file, 'utf8').trim().split('\n')
    },
  }
}

const rest = (addresses: readonly string[]) => ({
  routes: [{ name: 'users', to: 'users' }],
  upstreams: { users: { balancer: 'first', discovery: { static: addresses } } },
})

t.test('the first example, and the line below it', async (t) => {
  const [example] = blocks(PAGE, 'yaml')
  const [line] = blocks(PAGE, 'json')
  const endpoint = await startEndpoint(t)
  const { url, lines } = await serve(t, example as string, endpoint, {
    ...rest([await deadAddress(), endpoint.address]),
    accessLog: undefined,
  })
  t.equal((await fetch(url)).status, 200)
  const again = await serve(
    t,
    (example as string).replace('10%', '100%'),
    endpoint,
    rest([await deadAddress(), endpoint.address]),
  )
  t.equal((await fetch(`${again.url}/users/7`)).status, 200)
  const [written] = (await again.lines()).map((each) => JSON.parse(each))
  const shown = JSON.parse(line as string)
  t.same(Object.keys(written), Object.keys(shown))
  t.same(
    written.attempts.map((attempt: object) => Object.keys(attempt)),
    shown.attempts.map((attempt: object) => Object.keys(attempt)),
  )
  await lines().catch(() => {})
})

t.test('routes that want it otherwise', async (t) => {
  const endpoint = await startEndpoint(t)
  const { url, lines } = await serve(t, blocks(PAGE, 'yaml')[1] as string, endpoint)
  for (const path of ['/healthz', '/pay/1']) await fetch(url + path)
  const written = (await lines()).map((line) => JSON.parse(line))
  t.match(written, [{ path: '/pay/1', queueMs: 0 }])
  t.equal(written.length, 1)
})

t.test('the template, and its line', async (t) => {
  const endpoint = await startEndpoint(t)
  const { url, lines } = await serve(
    t,
    blocks(PAGE, 'yaml')[2] as string,
    endpoint,
    rest([await deadAddress(), endpoint.address]),
  )
  await fetch(`${url}/users/7`)
  const form = (line: string): string => line.replaceAll(/[\d.]+/g, '0')
  const [written] = await lines()
  t.equal(form(written as string).replace(/T.*?Z/, ''), form((blocks(PAGE, 'text')[0] as string).trim()).replace(/T.*?Z/, ''))
})

t.test('every field is explained, and the decision has the keys that are shown', async (t) => {
  const page = read(PAGE)
  for (const name of [...ACCESS_LOG_FIELDS, ...ACCESS_LOG_MORE_FIELDS]) t.match(page, new RegExp(`\`${name}\``), name)
  const shown = JSON.parse(blocks(PAGE, 'json')[1] as string)
  const dead = await deadAddress()
  const endpoint = await startEndpoint(t)
  const block = 'accessLog: { file: /var/log/headgate/access.log, fields: [status, reason, decision] }'
  const { url, lines } = await serve(t, block, endpoint, rest([dead]))
  t.equal((await fetch(url)).status, 503)
  const [written] = (await lines()).map((line) => JSON.parse(line))
  t.same(Object.keys(written), Object.keys(shown))
  t.same(Object.keys(written.decision), Object.keys(shown.decision))
  t.same(Object.keys(written.decision.tried[0]), Object.keys(shown.decision.tried[0]))
})

t.test('docs/tasks/tracing.md', async (t) => {
  const [collector, endpoint] = [await startCollector(t), await startEndpoint(t)]
  const block = (blocks('docs/tasks/tracing.md', 'yaml')[0] as string)
    .replace('http://127.0.0.1:4318', collector.url)
    .replace('10%', '100%')
    .replace('5s', '100ms')
  const { url } = await serve(t, block, endpoint)
  await fetch(url)
  const spans = await collector.wait(2)
  t.match(spans[0], { service: 'edge', name: 'GET users' })
  const page = read('docs/tasks/tracing.md').replaceAll('`.', '`headgate.decision.')
  const names = spans
    .flatMap(({ attributes, events }) => [attributes, ...events.map((event) => event.attributes)])
    .flatMap(Object.keys)
  for (const name of new Set(names)) t.match(page, new RegExp(`\`${name.replaceAll('.', '\\.')}\``), name)
})

t.test('Filebeat: inputs, processors and an output, about fields that there are', async (t) => {
  const config = parse(read('config/logging/filebeat.yml'))
  t.match(config['filebeat.inputs'], [
    { type: 'filestream', id: String, paths: [String], parsers: [{ ndjson: { target: 'headgate' } }] },
  ])
  const text = JSON.stringify(config.processors)
  const named = [...text.matchAll(/"headgate\.([\w.]+)"/g)].map((match) => match[1] as string)
  t.ok(named.length >= 5)
  for (const name of named) t.ok((ACCESS_LOG_FIELDS as readonly string[]).includes(name), name)
  const [timestamp] = config.processors
  t.same(timestamp.timestamp.layouts, ['2006-01-02T15:04:05.000Z'])
  t.ok(config['output.elasticsearch'].hosts.length > 0)
})

/** Sections of Fluent Bit's classic form, with their keys in lower case. */
function sections(text: string): { name: string; keys: Record<string, string> }[] {
  const found: { name: string; keys: Record<string, string> }[] = []
  for (const line of text.split('\n')) {
    if (/^\s*(#|$)/.test(line)) continue
    const head = /^\[([A-Z]+)\]$/.exec(line)
    if (head !== null) {
      found.push({ name: head[1] as string, keys: {} })
      continue
    }
    const pair = /^ {4}(\S+)\s+(\S.*)$/.exec(line)
    if (pair === null) throw new Error(`not understood: ${line}`)
    const section = found.at(-1)
    if (section === undefined) throw new Error('a key before the first section')
    section.keys[(pair[1] as string).toLowerCase()] = pair[2] as string
  }
  return found
}

t.test('Fluent Bit: every section is complete, and its parser is there', async (t) => {
  const main = sections(read('config/logging/fluent-bit.conf'))
  const parsers = sections(read('config/logging/fluent-bit-parsers.conf'))
  t.equal(main[0]?.keys.parsers_file, 'fluent-bit-parsers.conf')
  const input = main.find(({ name }) => name === 'INPUT')?.keys as Record<string, string>
  t.match(input, { name: 'tail', path: '/var/log/headgate/access.log' })
  t.same(
    parsers.map(({ name, keys }) => [name, keys.name, keys.format, keys.time_key]),
    [['PARSER', input.parser, 'json', 'time']],
  )
  const tags = new Set([input.tag, 'headgate.errors'])
  for (const { name, keys } of main.filter(({ name }) => name === 'OUTPUT' || name === 'FILTER'))
    t.ok(tags.has(keys.match as string), `${name} ${keys.match}`)
  for (const { keys } of main) {
    for (const [, field = ''] of (keys.label_keys ?? keys.rule ?? '').matchAll(/\$(\w+)/g))
      t.ok((ACCESS_LOG_FIELDS as readonly string[]).includes(field), field)
  }
})

t.test('logrotate: braces, and the signal that reopens', async (t) => {
  const text = read('config/logging/logrotate.conf')
  t.match(text, /^\/var\/log\/headgate\/access\.log \{\n(?: {4}.*\n)+\}\n$/m)
  t.match(text, /postrotate\n.*SIGUSR1.*\n {4}endscript/)
})
