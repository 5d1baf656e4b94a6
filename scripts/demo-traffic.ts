// A little traffic for the demo, so that there is something to see: about ten requests a second through the gateway.

import http from 'node:http'

const PATHS = ['/', '/one/hello', '/split', '/flaky', '/', '/two/hello', '/split', '/broken', '/search?q=gateway', '/flaky']
const EVERY_MS = 100
/** When the gateway does not answer, no more than so many wait. */
const MOST_WAITING = 20

/** Runs until the returned function is called. `base`: `http://127.0.0.1:8080`. */
export function startDemoTraffic(base: string, everyMs = EVERY_MS): () => void {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 })
  let turn = 0
  let waiting = 0
  const timer = setInterval(() => {
    if (waiting >= MOST_WAITING) return
    waiting++
    const path = PATHS[turn++ % PATHS.length] as string
    // Some by host.
    const headers = { 'user-agent': 'headgate-demo', ...(turn % 7 === 0 ? { host: 'api.localhost' } : {}) }
    const request = http.get(new URL(path, base), { agent, headers, timeout: 5000 }, (response) => response.resume())
    request.on('timeout', () => request.destroy())
    request.on('error', () => {})
    request.once('close', () => waiting--)
  }, everyMs)
  timer.unref()
  return () => {
    clearInterval(timer)
    agent.destroy()
  }
}
