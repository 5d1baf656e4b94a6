// A real browser for tests of the dashboard; without one they are skipped and say so.

import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { findChromium } from '../../scripts/find-chromium.ts'

const program = findChromium()
let running: Promise<Browser> | null = null

function browser(executablePath: string): Promise<Browser> {
  // Root has no sandbox; the pages are ours.
  running ??= chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  return running
}
t.setTimeout(240_000)
t.teardown(async () => (await running)?.close())

export interface Visit {
  /** A new page, with what it asked elsewhere and what it complained about in `wrong`. */
  open(url: string, options?: BrowserContextOptions): Promise<{ readonly page: Page; readonly wrong: string[] }>
}

/** A test in a browser. */
export function inBrowser(name: string, body: (t: Test, visit: Visit) => Promise<void>): void {
  const skip = program === null ? 'there is no Chromium: install it (apt-get install chromium) or set CHROMIUM_BIN' : false
  t.test(name, { skip, timeout: 120_000 }, async (t) => {
    const open: Visit['open'] = async (url, options = {}) => {
      const context = await (await browser(program as string)).newContext({
        viewport: { width: 1280, height: 800 },
        ...options,
      })
      t.teardown(() => context.close())
      const page = await context.newPage()
      page.setDefaultTimeout(20_000)
      const wrong: string[] = []
      const { origin } = new URL(url)
      page.on('request', (request) => {
        if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) wrong.push(`asks ${request.url()}`)
      })
      page.on('console', (message) => {
        // Violations of the policy are errors too.
        if (message.type() === 'error' || message.type() === 'warning') wrong.push(message.text())
      })
      page.on('pageerror', (error) => wrong.push(error.stack ?? error.message))
      await page.goto(url)
      return { page, wrong }
    }
    await body(t, { open })
  })
}
