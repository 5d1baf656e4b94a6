// Clients that are slow on purpose, beside clients that are not.

import { join } from 'node:path'
import { PROXY_CORE, start, stop } from '../load/processes.ts'
import { firstWords, Lab } from './lab.ts'
import type { Row, Scenario } from './row.ts'
import { type SlowFigures, type SlowSettings, slowBodies, slowHeads, slowReaders, type Target } from './slow-clients.ts'

interface Case {
  readonly name: string
  readonly label: string
  readonly run: (target: Target, settings: SlowSettings) => Promise<SlowFigures>
  readonly clients: number
  readonly listener?: object
  /** A bare server stands in the gateway's place: what is seen then is the share of Node and the machine. */
  readonly bare?: boolean
}

const CASES: readonly Case[] = [
  { name: 'slow-heads', label: '10,000 clients drip their heads (header 10 s)', run: slowHeads, clients: 10_000 },
  { name: 'slow-bodies', label: '10,000 clients drip their bodies (minRate 240)', run: slowBodies, clients: 10_000 },
  {
    name: 'slow-floor',
    label: 'the same at a bare Node server, without a gateway',
    run: slowBodies,
    clients: 10_000,
    bare: true,
  },
  {
    name: 'slow-readers',
    label: '1,000 clients do not read answers of 10 MB (write 10 s)',
    run: slowReaders,
    clients: 1000,
    listener: { timeouts: { write: '10s' } },
  },
]

const BARE = join(import.meta.dirname, 'bare-server.ts')

const between = (first: number, last: number): string =>
  `between ${(first / 1000).toFixed(1)} and ${(last / 1000).toFixed(1)} s`

export const slowFaults: readonly Scenario[] = CASES.map(({ name, label, run, clients, listener = {}, bare = false }) => ({
  name,
  run: async (folder): Promise<Row[]> => {
    const lab = bare ? null : await Lab.open({ folder, listener, apart: true })
    const running = lab?.gateway ?? start('bare', folder, PROXY_CORE, [process.execPath, BARE])
    try {
      const port = lab?.port ?? Number(await firstWords(running))
      const found = await run({ pid: running.pid, port }, { clients })
      const { good } = found
      const lived = between(found.firstGone, found.lastGone)
      const gone =
        found.quiet === null
          ? `all gone ${lived}`
          : `all gone ${between(found.quiet.first, found.quiet.last)} after the kernel took the last byte for them, ${lived} after they came`
      const statuses = Object.entries(found.statuses).map(
        ([status, count]) => `${count} × ${status === '' ? 'no answer' : status}`,
      )
      return [
        {
          fault: label,
          requests: good.requests,
          clientErrors: good.errors,
          movedMs: null,
          returnedMs: null,
          addedLoad: null,
          before: null,
          during: { p50: good.p50, p99: good.p99 },
          notes: `${gone}, ${(found.bytesEach / 1024).toFixed(1)} KiB each; ${statuses.join(', ')}`,
        },
      ]
    } finally {
      if (lab === null) await stop(running)
      else await lab.close()
    }
  },
}))
