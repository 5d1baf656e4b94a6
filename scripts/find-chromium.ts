// Where a Chromium is that tests and screenshots may drive: CHROMIUM_BIN, or where systems put it.

import { existsSync } from 'node:fs'

const PLACES = [
  // Debian's own program rather than the script that starts it.
  '/usr/lib/chromium/chromium',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/** null = there is none. */
export function findChromium(): string | null {
  const { CHROMIUM_BIN } = process.env
  return [...(CHROMIUM_BIN ? [CHROMIUM_BIN] : []), ...PLACES].find((path) => existsSync(path)) ?? null
}
