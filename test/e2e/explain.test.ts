// `explain` on a file, POST /explain on the gateway that runs from it, and what becomes of the request: they agree, case by case.

import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { explain } from '../../src/cli/explain.ts'
import { requestBytes } from '../../src/explain/read-request.ts'
import type { Explanation } from '../../src/model/explanation.ts'
import { startEndpoint, startGateway } from '../supervisor/gateway-process.ts'
import { CASES, type Case, CONFIG } from './explain-cases.ts'

const SEED = 7

async function startEndpoints(t: Test, name: string, count: number): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, () =>
      startEndpoint(t, (request, response) => {
        request.resume()
        response.writeHead(200, { 'x-upstream': name, 'x-path': request.url, 'x-host': request.headers.host })
        response.end()
      }),
    ),
  )
}

async function onFile(file: string, { method, url, headers }: Case): Promise<Explanation> {
  let out = ''
  let err = ''
  const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const code = await explain(['-c', file, method, url, ...fields, '--json', '--seed', String(SEED)], {
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
    env: {},
  })
  if (code !== 0) throw new Error(err)
  return JSON.parse(out)
}

async function onGateway(admin: string, { method, url, headers }: Case): Promise<Explanation> {
  const body = JSON.stringify({ method, url, headers, seed: SEED })
  const response = await fetch(`${admin}/explain`, { method: 'POST', body })
  if (response.status !== 200) throw new Error(await response.text())
  return response.json() as Promise<Explanation>
}

/** Sends it as it is; the head of what comes back, and how it begins. */
function really(base: string, { method, url, headers }: Case): Promise<{ status: number; head: string }> {
  const bytes = requestBytes({ method, url, headers: Object.entries(headers), listener: null, client: null, seed: null })
  if (typeof bytes === 'string') throw new Error(bytes)
  const { hostname, port } = new URL(base)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    let received = ''
    socket.setEncoding('latin1')
    socket.on('error', reject)
    socket.on('data', (chunk: string) => {
      received += chunk
      if (!received.includes('\r\n\r\n')) return
      socket.destroy()
      resolve({ status: Number(received.slice(9, 12)), head: received.slice(0, received.indexOf('\r\n\r\n') + 2) })
    })
    socket.write(bytes.head, 'latin1')
  })
}

const field = (head: string, name: string): string | null => new RegExp(`^${name}: (.*)\r$`, 'im').exec(head)?.[1] ?? null

t.test('a hundred requests', async (t) => {
  t.ok(CASES.length >= 100)
  const [users, next, shop, rest] = await Promise.all([
    startEndpoints(t, 'users', 2),
    startEndpoints(t, 'next', 2),
    startEndpoints(t, 'shop', 3),
    startEndpoints(t, 'rest', 1),
  ])
  const gateway = await startGateway(t, CONFIG({ users, next, shop, rest }))
  t.equal(gateway.stderr, '')
  const admin = gateway.url('', 'admin')
  const seen = { routes: new Set<string | null>(), answers: new Set<number>() }
  for (const asked of CASES) {
    const name = `${asked.method} ${asked.url.slice(0, 60)} ${JSON.stringify(asked.headers).slice(0, 60)}`
    const [file, live] = await Promise.all([onFile(gateway.file, asked), onGateway(admin, asked)])
    // Whose turn it is is the running gateway's business.
    const byTurns = live.upstream === 'users' || live.upstream === 'rest'
    t.strictSame(
      { ...live, endpoint: byTurns ? null : live.endpoint },
      { ...file, endpoint: byTurns ? null : file.endpoint },
      name,
    )
    t.strictSame(await onGateway(admin, asked), live, `${name}: asking changes nothing`)
    seen.routes.add(live.route)
    if (live.answer !== null) seen.answers.add(live.answer.status)

    const { status, head } = await really(gateway.url('', live.listener ?? ''), asked)
    if (live.answer === null) {
      t.equal(status, 200, `${name}: an endpoint answers`)
      if (live.route !== 'canary') t.equal(field(head, 'x-upstream'), live.upstream, `${name}: of that upstream`)
    } else {
      t.equal(status, live.answer.status, `${name}: this status`)
      t.equal(field(head, 'x-headgate-reason'), live.answer.reason, `${name}: this reason`)
      t.equal(field(head, 'x-upstream'), null, `${name}: no endpoint`)
    }
    for (const { name: filter, effect } of live.filters) {
      if (filter === 'rewrite' && effect.startsWith('path becomes ') && live.answer === null)
        t.equal(field(head, 'x-path')?.split('?')[0], effect.slice('path becomes '.length), `${name}: the path`)
    }
  }
  t.ok(seen.routes.size >= 15, `${seen.routes.size} routes are met`)
  t.strictSame([...seen.answers].sort(), [200, 204, 301, 302, 400, 404, 405, 413, 414, 417, 418, 431, 501, 503, 508])
})
