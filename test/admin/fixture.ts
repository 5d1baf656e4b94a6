// An admin API on a free port with a state that a test may change, and raw connections to it.

import { connect, type Socket } from 'node:net'
import type { Test } from 'tap'
import { ADMIN_LIMITS, type AdminLimits, type AdminOptions, createAdmin } from '../../src/admin/admin.ts'
import type { AdminState } from '../../src/admin/state.ts'

export interface Fixture {
  readonly url: string
  readonly port: number
  readonly state: { -readonly [K in keyof AdminState]: AdminState[K] }
  /** Messages that were logged. */
  readonly logged: string[]
  /** Writes `bytes`, then resolves with all that comes until the connection ends. */
  raw(bytes: string): Promise<string>
  open(): Socket
}

export async function startAdmin(
  t: Test,
  options: Partial<AdminOptions> = {},
  limits: Partial<AdminLimits> = {},
): Promise<Fixture> {
  const state: Fixture['state'] = {
    live: () => true,
    ready: () => ({ ready: true, why: [] }),
    metrics: async (openMetrics) => ({
      contentType: openMetrics ? 'application/openmetrics-text' : 'text/plain',
      text: 'm 1\n',
    }),
    config: () => ({ revision: 'r1', source: 'a.yaml', config: { admin: { token: 'hush' }, routes: [] } }),
    reload: async () => ({ revision: 'r2' }),
    drain: () => {},
    upstreams: async () => ({ upstreams: [] }),
    explain: async () => ({ refused: 'nothing is served here' }),
    routes: () => ({ routes: [{ name: 'users', origin: null }] }),
    served: () => ({ key: 'r1', listeners: [], routes: [], addresses: [] }),
    serving: () => 1,
    reloads: () => ({ last: null, refused: null }),
    collect: async () => {},
    series: () => [],
    takeSamples: async () => ({ seen: 0, samples: [] }),
  }
  const logged: string[] = []
  const admin = createAdmin(
    {
      bind: '127.0.0.1:0',
      readOnly: false,
      token: null,
      hosts: [],
      state,
      log: (level, message) => logged.push(`${level} ${message}`),
      ...options,
    },
    { ...ADMIN_LIMITS, closeMs: 50, ...limits },
  )
  const url = await admin.start()
  t.teardown(() => admin.close())
  const port = url.startsWith('http') ? Number(new URL(url).port) : 0
  const open = (): Socket => {
    const socket = port === 0 ? connect({ path: url.slice('unix:'.length) }) : connect(port, '127.0.0.1')
    socket.on('error', () => {})
    t.teardown(() => socket.destroy())
    return socket
  }
  return { url, port, state, logged, open, raw: (bytes) => exchange(open(), bytes) }
}

function exchange(socket: Socket, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let received = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      received += chunk
    })
    socket.on('close', () => resolve(received))
    socket.write(bytes, 'latin1')
  })
}

/** Status lines in what was received. */
export function statuses(received: string): number[] {
  return [...received.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map((found) => Number(found[1]))
}
