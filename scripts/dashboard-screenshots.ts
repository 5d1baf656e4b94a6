// Renews docs/images/dashboard-*.png: run `npm start`, then `node scripts/dashboard-screenshots.ts`, and look at them. Stops and starts the
// demo endpoint `two`.

import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { CONTROL_PORT } from './demo-control.ts'
import { findChromium } from './find-chromium.ts'

const url = process.argv[2] ?? 'http://127.0.0.1:9901/'
const folder = join(import.meta.dirname, '..', 'docs', 'images')
const program = findChromium()

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const control = (what: string): Promise<unknown> => fetch(`http://127.0.0.1:${CONTROL_PORT}/two/${what}`, { method: 'POST' })

async function look(browser: Browser, colorScheme: 'light' | 'dark'): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme, reducedMotion: 'reduce' })
  const page = await context.newPage()
  await page.goto(url)
  return page
}

if (program === null) throw new Error('there is no Chromium: set CHROMIUM_BIN')
const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] })
const [light, dark] = [await look(browser, 'light'), await look(browser, 'dark')]
await pause(35_000)
await control('stop')
await light.getByText('127.0.0.1:9102 of upstream both gets no requests').waitFor()
await pause(12_000)
await light.screenshot({ path: join(folder, 'dashboard-light.png') })
await dark.screenshot({ path: join(folder, 'dashboard-dark.png') })
await light.getByLabel('only failed or tried again').check()
await light.locator('#requests tbody tr.warn').first().getByRole('button').click()
await light.locator('#requests tr.details').hover()
await pause(1500)
await light.evaluate(`document.getElementById('requests').scrollIntoView()`)
await pause(200)
await light.screenshot({ path: join(folder, 'dashboard-requests.png') })
await control('start')
await browser.close()
