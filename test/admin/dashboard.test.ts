// The dashboard in a real browser, in front of real gateways.

import { get } from 'node:http'
import { createServer } from 'node:net'
import type { Locator, Page } from 'playwright-core'
import type { Test } from 'tap'
import { createAdmin } from '../../src/admin/admin.ts'
import { createGateway } from '../../src/index.ts'
import { type GatewayProcess, simpleConfig, startEndpoint, startGateway, until } from '../supervisor/gateway-process.ts'
import { inBrowser } from '../support/browser.ts'
import { startAdmin } from './fixture.ts'

/** An address that refuses connections. */
async function deadAddress(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return `127.0.0.1:${port}`
}

interface Scene {
  readonly gateway: GatewayProcess
  readonly endpoint: string
  readonly dead: string
  readonly admin: string
}

/** One route to two endpoints of which one is dead, one to an endpoint that fails, and traffic. */
async function sceneOf(t: Test, admin: object = {}): Promise<Scene> {
  const endpoint = await startEndpoint(t, (request, response) => {
    response.statusCode = request.url?.startsWith('/broken') ? 500 : 200
    response.end('hello')
  })
  const dead = await deadAddress()
  const config = simpleConfig(endpoint, {
    workers: 1,
    admin: { bind: '127.0.0.1:0', ...admin },
    routes: [
      { name: 'api', hosts: ['api.example'], match: [{ path: { prefix: '/v1' }, methods: ['GET'] }], to: 'mixed' },
      { name: 'gone', match: [{ path: { prefix: '/gone' } }], to: 'gone' },
      { name: 'rest', to: 'good' },
    ],
    upstreams: {
      mixed: { discovery: { static: [endpoint, dead] }, ejection: { baseTime: '5m' } },
      gone: { discovery: { static: [dead] }, retry: undefined },
      good: { discovery: { static: [endpoint] } },
    },
  })
  const gateway = await startGateway(t, config)
  const ask = (path: string, host = 'localhost') =>
    new Promise<void>((resolve) => {
      const request = get(gateway.url(path), { headers: { host }, agent: false }, (response) => response.resume())
      request.on('error', () => {})
      request.once('close', resolve)
    })
  let running = true
  const traffic = (async () => {
    while (running) {
      await Promise.all([ask('/v1/users?token=hush', 'api.example'), ask('/'), ask('/broken'), ask('/gone/x')])
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })()
  t.teardown(async () => {
    running = false
    await traffic
  })
  return { gateway, endpoint, dead, admin: gateway.url('/', 'admin') }
}

const section = (page: Page, name: string): Locator => page.locator(`#${name}`)
/** Waits until it is true; asked from here, because the page runs no text as a program. */
const holds = (page: Page, expression: string): Promise<void> => until(async () => (await page.evaluate(expression)) === true)
/** Waits until it is there and seen. */
const seen = (locator: Locator): Promise<void> => locator.first().waitFor({ state: 'visible' })

inBrowser('what happens is seen, and nothing is fetched from elsewhere', async (t, { open }) => {
  const { dead, endpoint, admin } = await sceneOf(t)
  const { page, wrong } = await open(admin)
  await seen(page.getByRole('status').filter({ hasText: 'ready' }))
  const topology = section(page, 'topology')
  for (const name of ['Listeners', 'Routes', 'Upstreams', 'Endpoints']) await seen(topology.getByRole('listbox', { name }))
  await seen(topology.getByRole('option', { name: 'api' }).filter({ hasText: 'api.example GET /v1/*' }))
  await seen(topology.getByRole('option', { name: 'mixed' }).filter({ hasText: '1 of 2 out' }))

  const row = section(page, 'endpoints').getByRole('row').filter({ hasText: dead }).filter({ hasText: 'mixed' })
  await seen(row.getByText('ejected'))
  t.match(await row.innerText(), /connect-failure\s+\d\d:\d\d:\d\d, in \d+ (s|min)/, 'why, and until when')
  t.equal(await row.locator('svg.mark.bad').count(), 1, 'also by its shape')
  const alert = page
    .locator('.alerts')
    .getByText(`${dead} of upstream mixed gets no requests: ejected (connect-failure: it takes no connections)`)
  await seen(alert)
  t.match(await alert.innerText(), `They go to ${endpoint} instead.`)
  // It has no other endpoint, so it is never ejected, and that is what people feel.
  const felt = page
    .locator('.alert.bad')
    .getByText('Upstream gone: every try fails (connect-failure: it takes no connections).')
  await seen(felt)
  t.match(
    await felt.innerText(),
    `No other endpoint is left, so requests still go to ${dead}. Clients get errors from route gone.`,
  )
  await seen(topology.getByRole('option', { name: 'gone' }).filter({ hasText: 'nobody answers' }))

  const errors = page.locator('.errors')
  await seen(errors.getByRole('row', { name: /connect-failure/ }))
  await seen(errors.getByRole('row', { name: /5xx of an endpoint/ }))
  const values = page.locator('figure').filter({ hasText: 'Requests per second' }).locator('.value').first()
  await holds(page, `/requests [1-9][0-9.]*\\/s/.test(document.querySelector('figure .value').innerText)`)
  t.match(await values.innerText(), /requests [\d.]+\/s/)
  t.match(await page.locator('figure').nth(1).innerText(), /p99 [\d.]+ (µs|ms|s)/)

  const requests = section(page, 'requests')
  const failed = requests.getByRole('row').filter({ hasText: '/gone/x' }).filter({ hasText: 'connect-failure' })
  await seen(failed)
  t.notMatch(await requests.innerText(), /hush/, 'values of a query are not shown')
  const ok = requests.getByRole('row').filter({ hasText: '/v1/users?token=…' }).first()
  await ok.getByRole('button', { name: /More/ }).click()
  const details = requests.locator('tr.details')
  await seen(details.getByText('Request id'))
  await seen(details.locator('.way').getByText('mixed'))
  await seen(requests.getByText('held while you are in it'))
  t.match(await details.innerText(), new RegExp(`${endpoint}: ok, answered 200 after`))
  await details.getByRole('button', { name: 'Explain such a request' }).click()
  await seen(section(page, 'explain').locator('.way').getByText('api'))
  t.same(wrong, [])
})

inBrowser('explain', async (t, { open }) => {
  const { dead, admin } = await sceneOf(t)
  const { page, wrong } = await open(admin)
  const explain = section(page, 'explain')
  await explain.getByLabel('URL').fill('http://api.example/v1/x')
  await explain.getByLabel(/^Headers/).fill('x-a: 1\nx-b: 2')
  await explain.getByRole('button', { name: 'What becomes of it?' }).click()
  await seen(explain.locator('.way'))
  t.match(await explain.locator('.way').innerText(), /listener web\s+route api\s+upstream mixed\s+endpoint 127/)
  await seen(explain.getByRole('table', { name: 'Endpoints' }).getByRole('row').filter({ hasText: dead }))
  await explain.getByLabel(/^Headers/).fill('nonsense')
  await explain.getByLabel('URL').press('Enter')
  await seen(explain.getByText('"nonsense" is not a header'))
  await explain.getByLabel(/^Headers/).fill('')
  await explain.getByLabel('URL').fill('no url')
  await explain.getByLabel('URL').press('Enter')
  await seen(explain.getByText('The request cannot be read'))
  // The browser itself says that the status was 400.
  t.same(
    wrong.filter((message) => !/400 \(Bad Request\)/.test(message)),
    [],
  )
})

inBrowser('a refused configuration, with its place; then one that is accepted', async (t, { open }) => {
  const { gateway, endpoint, admin } = await sceneOf(t)
  const { page } = await open(admin)
  await seen(page.getByRole('button', { name: 'Reload' }))
  await gateway.write(simpleConfig(endpoint, { routes: [{ name: 'all', to: 'nobody' }] }))
  const refused = page.getByText('The configuration was refused at')
  await seen(refused)
  t.match(await page.locator('.problems').innerText(), /headgate\.yaml:1:\d+ unknown upstream "nobody"/)
  await page.getByRole('button', { name: 'Reload' }).click()
  await seen(page.getByText('Refused: 1 errors.'))
  await gateway.write(simpleConfig(endpoint, { workers: 1, routes: [{ name: 'renamed', to: 'all' }] }))
  await seen(section(page, 'topology').getByRole('option', { name: 'renamed' }))
  await seen(page.getByText('a later one was accepted'))
  t.equal(await section(page, 'topology').getByRole('listbox', { name: 'Routes' }).getByRole('option').count(), 1)
  await page.getByRole('button', { name: 'Drain' }).click()
  await seen(page.getByRole('dialog'))
  await page.getByRole('button', { name: 'No' }).click()
  t.notOk(await page.getByRole('dialog').isVisible())
  t.notOk(gateway.ended)
})

inBrowser('by keyboard alone', async (t, { open }) => {
  const { admin } = await sceneOf(t)
  const { page } = await open(admin)
  await seen(section(page, 'topology').getByRole('option', { name: 'api' }))
  await seen(section(page, 'requests').getByRole('button', { name: 'More' }))
  await section(page, 'requests').getByRole('button', { name: 'Pause' }).click()
  // From the beginning of the page on.
  await page.evaluate(`document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex')`)
  const reached: string[] = []
  for (let i = 0; i < 120; i++) {
    await page.keyboard.press('Tab')
    const [name, outlined] = (await page.evaluate(`(() => {
      const at = document.activeElement
      const style = getComputedStyle(at)
      const label = at.getAttribute('aria-label') ?? at.labels?.[0]?.innerText ?? at.innerText ?? ''
      return [at === document.body ? 'body' : label.trim().split('\\n')[0], style.outlineStyle !== 'none' && style.outlineWidth !== '0px']
    })()`)) as [string, boolean]
    if (name === 'body') break
    t.ok(outlined, `${name} is seen to have the focus`)
    reached.push(name)
  }
  for (const name of [
    'Skip to the content',
    'Reload',
    'Drain …',
    'Colours',
    'topology',
    'Filter by name, host or address',
    'only trouble',
    'Listeners',
    'Routes',
    'Upstreams',
    'Endpoints',
    'Filter endpoints',
    'only those without requests',
    'Table of endpoints',
    'Filter requests',
    'Go on',
    'Table of requests',
    'More',
    'Method',
    'URL',
    'Headers, one a line: name: value',
    'What becomes of it?',
  ]) {
    t.ok(
      reached.some((each) => each.toLowerCase().startsWith(name.toLowerCase())),
      `${name} is reached`,
    )
  }
  t.equal(reached[0], 'Skip to the content')

  const routes = section(page, 'topology').getByRole('listbox', { name: 'Routes' })
  await routes.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await holds(page, `document.querySelectorAll('#topology [role=listbox]')[2].querySelectorAll('[role=option]').length === 1`)
  t.equal(
    await routes
      .getByRole('option', { selected: true })
      .innerText()
      .then((text) => text.split('\n')[0]),
    'gone',
  )
  t.equal(
    await page.evaluate(
      `document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.innerText.split('\\n')[0]`,
    ),
    'gone',
  )
  await page.keyboard.press('Escape')
  await holds(page, `document.querySelectorAll('#topology [role=listbox]')[2].querySelectorAll('[role=option]').length === 3`)
})

/** Contrast of WCAG 2 between the text of an element and what it stands on. */
const CONTRAST = `(element) => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number)
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
    return 0.2126 * x + 0.7152 * y + 0.0722 * z
  }
  let below = element
  while (below && (parse(getComputedStyle(below).backgroundColor)[3] ?? 1) === 0) below = below.parentElement
  const [a, b] = [light(parse(getComputedStyle(element).color)), light(parse(getComputedStyle(below ?? document.body).backgroundColor))]
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
}`

inBrowser('light and dark, by the system and by choice', async (t, { open }) => {
  const { admin } = await sceneOf(t)
  const becomes = (page: Page, colour: unknown) =>
    holds(page, `getComputedStyle(document.body).backgroundColor === '${colour}'`)
  const background = (page: Page) => page.evaluate('getComputedStyle(document.body).backgroundColor')
  const [light, dark] = [
    await open(admin, { colorScheme: 'light' }),
    await open(admin, { colorScheme: 'dark', reducedMotion: 'reduce' }),
  ]
  for (const { page, wrong } of [light, dark]) {
    await seen(section(page, 'endpoints').getByText('ejected'))
    for (const where of [
      '.word.ok',
      '.word.bad',
      '.word.warn',
      '.muted',
      '.bad-text',
      '.row-below',
      '.alert p',
      'header nav a',
      'th',
      'button',
      '.state',
    ]) {
      const found = page.locator(where).first()
      await found.waitFor({ state: 'attached' })
      const ratio = (await page.evaluate(`(${CONTRAST})(document.querySelector('${where}'))`)) as number
      t.ok(ratio >= 4.5, `${where} has a contrast of ${ratio.toFixed(1)}`)
    }
    t.same(wrong, [])
  }
  const [bright, black] = [await background(light.page), await background(dark.page)]
  t.not(bright, black)
  t.equal(await dark.page.evaluate('getComputedStyle(document.documentElement).scrollBehavior'), 'auto', 'no motion')
  await dark.page.getByLabel('Colours').selectOption('light')
  await becomes(dark.page, bright)
  await dark.page.reload()
  await seen(dark.page.getByLabel('Colours'))
  t.equal(await background(dark.page), bright, 'it is remembered')
  await dark.page.getByLabel('Colours').selectOption('auto')
  await becomes(dark.page, black)
  await dark.page.emulateMedia({ colorScheme: 'light' })
  await becomes(dark.page, bright)
})

inBrowser('as narrow as a phone: parts scroll, the page does not', async (t, { open }) => {
  const { admin } = await sceneOf(t)
  for (const width of [320, 375, 768]) {
    const { page } = await open(admin, { viewport: { width, height: 700 }, isMobile: true, hasTouch: true })
    await seen(section(page, 'requests').getByRole('button', { name: 'More' }))
    await seen(section(page, 'endpoints').getByText('ejected'))
    t.equal(await page.evaluate('document.documentElement.scrollWidth'), width)
    const cell = await section(page, 'requests').locator('td.path').first().boundingBox()
    t.ok((cell?.width ?? 0) >= 150, `a path has ${cell?.width} pixels`)
    await page.getByRole('link', { name: 'explain' }).click()
    await page.getByRole('button', { name: 'What becomes of it?' }).click()
    await seen(section(page, 'explain').locator('.way'))
    t.equal(await page.evaluate('document.documentElement.scrollWidth'), width, 'with an explanation')
  }
})

inBrowser('with a token, and read-only', async (t, { open }) => {
  const { admin } = await sceneOf(t, { token: 'open-sesame', readOnly: true })
  const { page } = await open(admin)
  const field = page.getByLabel('Token')
  await seen(field)
  t.equal(await page.getByText('connect-failure').count(), 0, 'nothing is shown without')
  await field.fill('wrong')
  await field.press('Enter')
  await seen(page.getByText('does not accept this token'))
  await field.fill('open-sesame')
  await page.getByRole('button', { name: 'Show the dashboard' }).click()
  await seen(section(page, 'endpoints').getByText('ejected'))
  t.ok(await page.getByRole('button', { name: 'Reload' }).isDisabled())
  t.ok(await page.getByRole('button', { name: 'Drain' }).isDisabled())
  await seen(page.getByText('read-only'))
  const explain = section(page, 'explain')
  await explain.getByRole('button', { name: 'What becomes of it?' }).click()
  await seen(explain.locator('.way'))
  await page.reload()
  await seen(section(page, 'endpoints').getByText('ejected'))
  t.equal(await page.evaluate('Object.values(localStorage).concat(document.cookie).join().includes("open-sesame")'), false)
  await page.getByRole('button', { name: 'Forget token' }).click()
  await seen(field)
  t.equal(await page.getByText('ejected').count(), 0)
  // With every core busy a page that is loaded again right behind it was seen to stay empty, twice.
  await until(async () => {
    await page.reload()
    return field.waitFor({ timeout: 5000 }).then(
      () => true,
      () => false,
    )
  })
  t.equal(await page.getByText('ejected').count(), 0)
})

inBrowser('the connection is lost and comes back', async (t, { open }) => {
  const { url, port, state } = await startAdmin(t, {}, { closeMs: 10 })
  const options = { bind: `127.0.0.1:${port}`, readOnly: false, token: null, hosts: [], state, log: () => {} }
  state.upstreams = async () => ({ upstreams: [] })
  const first = createAdmin({ ...options, bind: '127.0.0.1:0' })
  const address = await first.start()
  const { page } = await open(address)
  await seen(page.getByRole('status').filter({ hasText: 'ready' }))
  await first.close()
  await seen(page.getByText('what is shown is old'))
  t.equal(await page.getByText('Every endpoint may get requests').count(), 0, 'nobody knows')
  await seen(page.getByRole('status').filter({ hasText: 'connection lost' }))
  state.config = () => ({ revision: 'after', source: 'a.yaml', config: {} })
  const second = createAdmin({ ...options, bind: new URL(address).host })
  await second.start()
  t.teardown(() => second.close())
  await seen(page.getByText('after', { exact: true }))
  await seen(page.getByRole('status').filter({ hasText: 'ready' }))
  t.equal(await page.getByText('what is shown is old').count(), 0)
  await seen(page.getByText('Every endpoint may get requests'))
  t.ok(url)
})

inBrowser('names that every object has', async (t, { open }) => {
  const names = ['constructor', 'toString', 'hasOwnProperty']
  const gateway = createGateway({
    admin: { bind: '127.0.0.1:0' },
    listeners: [{ name: 'valueOf', bind: '127.0.0.1:0' }],
    routes: names.map((name) => ({ name, hosts: [`${name.toLowerCase()}.example`], to: name })),
    upstreams: Object.fromEntries(names.map((name) => [name, { discovery: { static: ['127.0.0.1:1'] } }])),
  } as never)
  t.teardown(() => gateway.close())
  const { admin } = await gateway.start()
  const { page, wrong } = await open(admin as string)
  for (const name of names) await seen(section(page, 'topology').getByRole('option', { name }))
  await seen(section(page, 'endpoints').getByText('1–3 of 3'))
  t.same(wrong, [])
})

inBrowser('1,000 routes and 3,000 endpoints', async (t, { open }) => {
  const upstreams = Object.fromEntries(
    Array.from({ length: 1000 }, (_, i) => {
      const addresses = Array.from({ length: 3 }, (_, k) => `10.${i >> 8}.${i & 255}.${k + 1}:80`)
      return [`upstream-${i}`, { discovery: { static: addresses } }]
    }),
  )
  const gateway = createGateway({
    admin: { bind: '127.0.0.1:0' },
    listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
    routes: Array.from({ length: 1000 }, (_, i) => ({ name: `route-${i}`, hosts: [`h${i}.example`], to: `upstream-${i}` })),
    upstreams,
  } as never)
  t.teardown(() => gateway.close())
  const { admin } = await gateway.start()
  const { page, wrong } = await open(admin as string)
  const topology = section(page, 'topology')
  await seen(topology.getByText('Endpoints 3000'))
  await seen(section(page, 'endpoints').getByText('1–20 of 3,000'))
  t.ok((await page.getByRole('option').count()) < 100, 'only what is seen is drawn')
  const routes = topology.getByRole('listbox', { name: 'Routes' })
  await routes.focus()
  await page.keyboard.press('End')
  await seen(routes.getByRole('option', { name: 'route-999' }))
  await page.keyboard.press('Enter')
  await seen(topology.getByText('Endpoints 3 of 3000'))
  await seen(topology.getByRole('option').filter({ hasText: '10.3.231.2:80' }))
  await page.keyboard.press('Escape')
  await topology.getByRole('searchbox').fill('h17.example')
  await seen(topology.getByText('Routes 1 of 1000'))
  await seen(topology.getByRole('option').filter({ hasText: '10.0.17.1:80' }))
  await section(page, 'endpoints').getByRole('searchbox').fill('10.3.231')
  await seen(section(page, 'endpoints').getByText('1–3 of 3'))
  t.same(wrong, [])
})
