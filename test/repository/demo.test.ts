// What `npm start -- --tls` serves, asked by the clients that the pages about WebSockets and gRPC show.

import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:http2'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { WebSocket as SecureWebSocket } from 'ws'
import { startDemoEndpoint } from '../../scripts/demo-endpoints.ts'
import { startDemoGrpc } from '../../scripts/demo-grpc.ts'
import { PAGE } from '../../scripts/demo-websocket.ts'
import { makeLocalCa } from '../../scripts/make-local-ca.ts'
import { startGateway } from '../supervisor/gateway-process.ts'

const read = (path: string): string => readFileSync(join(import.meta.dirname, '../..', path), 'utf8')
const shown = (page: string): string => /```js\n(.*?)```/s.exec(read(page))?.[1] ?? ''

const folder = t.testdir({})
makeLocalCa(join(folder, 'certs'))
const ca = readFileSync(join(folder, 'certs', 'ca.pem'))
const [one, two, grpc] = [await startDemoEndpoint('one', 0), await startDemoEndpoint('two', 0), await startDemoGrpc(0)]
t.teardown(() => Promise.all([one, two, grpc].map((endpoint) => endpoint.close())))

const demo = read('config/demo.yaml')
  .replace('0.0.0.0:8080', '127.0.0.1:0')
  .replaceAll('127.0.0.1:9101', `127.0.0.1:${one.port}`)
  .replaceAll('127.0.0.1:9102', `127.0.0.1:${two.port}`)
  .replaceAll('127.0.0.1:9104', `127.0.0.1:${grpc.port}`)
writeFileSync(join(folder, 'demo.yaml'), `${demo}\nadmin: off\n`)
const secure = read('config/demo-tls.yaml')
  .replace('[demo.yaml]', JSON.stringify([join(folder, 'demo.yaml')]))
  .replaceAll(`\${CERTS:-../certs}`, join(folder, 'certs'))
  .replace('0.0.0.0:8443', '127.0.0.1:0')
const gateway = await startGateway(t, secure, ['--workers', '0'])
const port = (listener: string): string => new URL(gateway.url('', listener)).port

/** What a script of a page prints, until it has printed so many lines. */
async function linesOf(t: Test, script: string, lines: number): Promise<string[]> {
  const file = join(folder, 'script.mjs')
  writeFileSync(file, script)
  const child: ChildProcess = spawn(process.execPath, [file], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  let text = ''
  for await (const chunk of child.stdout as NodeJS.ReadableStream) {
    text += chunk
    if (text.split('\n').length > lines) break
  }
  return text.split('\n').slice(0, lines)
}

t.test('docs/tasks/websocket.md', async (t) => {
  const script = shown('docs/tasks/websocket.md').replace('127.0.0.1:8080', `127.0.0.1:${port('web')}`)
  const [greeting, echo] = await linesOf(t, script, 2)
  t.match(greeting, /^this is endpoint (one|two)$/)
  t.equal(echo, 'hello')
})

t.test('docs/tasks/grpc.md', async (t) => {
  const script = shown('docs/tasks/grpc.md').replace('localhost:8443', `localhost:${port('secure')}`)
  t.strictSame(await linesOf(t, script, 1), ['hello'])
})

t.test('WebSockets in TLS, on HTTP/1.1 and in a stream of HTTP/2', async (t) => {
  const socket = new SecureWebSocket(`wss://localhost:${port('secure')}/x`, { ca })
  const said: string[] = []
  await new Promise<void>((closed, failed) => {
    socket.on('error', failed).on('close', closed)
    socket.on('message', (data) => {
      said.push(String(data))
      if (said.length === 1) socket.send('hello')
      else socket.close()
    })
  })
  t.match(said, [/^this is endpoint/, 'hello'])

  const session = connect(`https://localhost:${port('secure')}`, { ca })
  t.teardown(() => session.destroy())
  await new Promise((known) => session.once('remoteSettings', known))
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'https',
    ':path': '/x',
    'sec-websocket-version': '13',
  })
  const frame = await new Promise<Buffer>((came) => stream.once('data', came))
  t.match(String(frame.subarray(2)), /^this is endpoint/)
  stream.close()
})

t.test('the page that opens one', async (t) => {
  const browser = await fetch(gateway.url('/ws'), { headers: { accept: 'text/html,*/*' } })
  t.match(browser.headers.get('content-type'), 'text/html')
  t.equal(await browser.text(), PAGE)
  const other = await fetch(gateway.url('/ws'))
  t.match(await other.json(), { path: '/ws' })
})
