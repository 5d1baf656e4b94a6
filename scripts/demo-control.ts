// Stops and starts the endpoints of the demo while the gateway runs, so that one sees what it makes of that: a page with buttons, or
// `curl -X POST http://127.0.0.1:9105/two/stop`. Part of `npm start`, not of the gateway.

import http from 'node:http'
import type { AddressInfo } from 'node:net'

export const CONTROL_PORT = 9105

/** Something that can be stopped and started again at the same address. */
export interface Switchable {
  readonly name: string
  readonly port: number
  readonly running: boolean
  stop(): Promise<void>
  start(): Promise<void>
}

export interface DemoControl {
  readonly port: number
  close(): Promise<void>
}

/** On loopback; port 0 takes a free one. Rejects when the port is taken. */
export async function startDemoControl(switchables: readonly Switchable[], port = CONTROL_PORT): Promise<DemoControl> {
  const server = http.createServer((request, response) => {
    answer(request, switchables)
      .catch((error: Error) => ({ status: 500, text: `${error.message}\n`, location: '' }))
      .then(({ status, text, location }) => {
        const type = text.startsWith('<') ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8'
        response
          .writeHead(status, { 'content-type': type, 'x-frame-options': 'DENY', ...(location ? { location } : {}) })
          .end(text)
      })
    request.resume()
  })
  await new Promise<void>((listening, failed) => {
    server.once('error', failed).listen(port, '127.0.0.1', listening)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly location: string
}

const plain = (status: number, text: string): Answer => ({ status, text: `${text}\n`, location: '' })

async function answer({ method, url = '', headers }: http.IncomingMessage, all: readonly Switchable[]): Promise<Answer> {
  // Pages of others must not switch anything, neither directly nor under a name of their own.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(headers.host ?? '')) return plain(403, 'this Host is not served')
  const site = headers['sec-fetch-site']
  if (method === 'GET' && url === '/') return { status: 200, text: page(all), location: '' }
  const [, name, what] = /^\/(\w+)\/(stop|start)$/.exec(url) ?? []
  const found = all.find((each) => each.name === name)
  if (found === undefined) return plain(404, `POST ${all.map((each) => `/${each.name}/stop`).join(', ')} or …/start`)
  if (method !== 'POST') return plain(405, 'this takes POST')
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return plain(403, 'calls from other sites are refused')
  if (what === 'stop' && found.running) await found.stop()
  if (what === 'start' && !found.running) await found.start()
  const text = `endpoint ${found.name} (127.0.0.1:${found.port}) ${found.running ? 'runs' : 'is stopped'}\n`
  return site === 'same-origin' ? { status: 303, text, location: '/' } : { status: 200, text, location: '' }
}

function page(all: readonly Switchable[]): string {
  const rows = all.map(({ name, port, running }) => {
    const what = running ? 'stop' : 'start'
    const button = `<form method="post" action="/${name}/${what}"><button>${what} ${name}</button></form>`
    return `<tr><td>${name}<td>127.0.0.1:${port}<td>${running ? 'runs' : '<b>stopped</b>'}<td>${button}`
  })
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>Demo endpoints</title>
<style>body { font: 16px system-ui; margin: 2em } td { padding: .3em 1em .3em 0 }</style>
<h1>Demo endpoints</h1>
<p>Stop one, and look at <a href="http://127.0.0.1:9901/">the gateway's dashboard</a>.
<table>${rows.join('\n')}</table>
</html>
`
}
