// docs/tasks/dashboard.md: its configuration is valid, its commands switch endpoints of the demo, its pictures are there.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startDemoControl } from '../../scripts/demo-control.ts'
import { DEMO_ENDPOINTS, demoSwitches, startDemoEndpoint } from '../../scripts/demo-endpoints.ts'
import { startDemoTraffic } from '../../scripts/demo-traffic.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { until } from '../supervisor/gateway-process.ts'

const folder = join(import.meta.dirname, '../../docs/tasks')
const page = readFileSync(join(folder, 'dashboard.md'), 'utf8')
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, text]) => text as string)

t.test('its configuration', async (t) => {
  const [text = ''] = blocks('yaml')
  const rest = 'listeners: [{ name: web, bind: 127.0.0.1:0 }]\nroutes: []\n'
  const parsed = parseConfig([{ name: 'page', text: `${text}\n${rest}` }])
  t.notOk('errors' in parsed && parsed.errors)
  const without = text.replace(/^ +token:.*$/m, '')
  t.not(without, text)
  t.match(
    parseConfig([{ name: 'page', text: `${without}\n${rest}` }]),
    { errors: [{ message: /token/ }] },
    'it does need the token',
  )
})

t.test('its pictures', async (t) => {
  const pictures = [...page.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, file]) => readFileSync(join(folder, file as string)))
  t.equal(pictures.length, 3)
  for (const picture of pictures) {
    t.ok(picture.length < 200_000, 'small')
    t.same([picture.readUInt32BE(16), picture.readUInt32BE(20)], [1280, 800])
  }
})

t.test('its commands', async (t) => {
  const two = await startDemoEndpoint('two', 0)
  const switches = demoSwitches([two])
  const control = await startDemoControl(switches, 0)
  t.teardown(() => Promise.all([control.close(), ...switches.map((each) => each.stop())]))
  const isThere = () =>
    fetch(`http://127.0.0.1:${two.port}/`).then(
      (answer) => answer.status === 200,
      () => false,
    )
  const commands = (blocks('sh')[0] ?? '').trim().split('\n')
  t.equal(commands.length, 2)
  for (const [i, command] of commands.entries()) {
    const [, url = ''] = /^curl -X POST (http:\S+)$/.exec(command) ?? []
    const answer = await fetch(url.replace('9105', String(control.port)), { method: 'POST' })
    t.equal(answer.status, 200)
    t.match(await answer.text(), i === 0 ? 'is stopped' : 'runs')
    t.equal(await isThere(), i === 1)
  }
})

t.test('switches are for who sits here', async (t) => {
  const two = await startDemoEndpoint('two', 0)
  const switches = demoSwitches([two])
  const control = await startDemoControl(switches, 0)
  t.teardown(() => Promise.all([control.close(), ...switches.map((each) => each.stop())]))
  const url = `http://127.0.0.1:${control.port}`
  const post = (path: string, headers: Record<string, string> = {}) =>
    fetch(url + path, { method: 'POST', headers, redirect: 'manual' }).then(({ status }) => status)
  t.equal(await post('/two/stop', { 'sec-fetch-site': 'cross-site' }), 403)
  t.equal(await post('/nobody/stop'), 404)
  t.equal((await fetch(`${url}/two/stop`)).status, 405)
  t.ok(switches[0]?.running)
  t.match(await (await fetch(url)).text(), 'action="/two/stop"')
  t.equal(await post('/two/stop', { 'sec-fetch-site': 'same-origin' }), 303, 'the button')
  t.equal(await post('/two/stop'), 200, 'twice is once')
  t.match(await (await fetch(url)).text(), 'action="/two/start"')
  t.equal(DEMO_ENDPOINTS.length, 3)
})

t.test('traffic goes on when nobody answers, and ends', async (t) => {
  const paths: string[] = []
  const endpoint = await startDemoEndpoint('one', 0, () => {
    paths.push('')
    return 'answer'
  })
  const stop = startDemoTraffic(`http://127.0.0.1:${endpoint.port}`, 5)
  t.teardown(stop)
  await until(() => paths.length > 5)
  await endpoint.close()
  await new Promise((resolve) => setTimeout(resolve, 50))
  const again = await startDemoEndpoint('one', endpoint.port, () => {
    paths.push('')
    return 'answer'
  })
  t.teardown(() => again.close())
  const before = paths.length
  await until(() => paths.length > before + 5)
  stop()
})
