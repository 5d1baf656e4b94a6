// The access logs of a process while configurations come and go.

import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { AccessLogs } from '../../src/telemetry/access-logs.ts'
import { options, record } from './test-log.ts'

const unexpected = (_file: string, error: Error): never => {
  throw error
}

t.test('lines that an earlier log gives up are counted with those of the present one', async (t) => {
  const dir = t.testdir()
  const logs = new AccessLogs(Math.random, unexpected)
  const before = logs.of(options(join(dir, 'a')))
  const now = logs.of(options(join(dir, 'b')))
  before?.write({ ...record, time: Number.NaN })
  now?.write({ ...record, time: Number.NaN })
  await logs.close()
  t.equal(now?.counters.dropped, 2)
  t.equal(before?.counters, now?.counters, 'one for the life of the process')
})

t.test('a file that is not configured any more is not made anew until somebody still writes to it', async (t) => {
  const [a, b] = [join(t.testdir(), 'a'), join(t.testdir(), 'b')]
  const at = (file: string) => ({ ...options(file), fields: ['path'] })
  const logs = new AccessLogs(Math.random, unexpected)
  const before = logs.of(at(a))
  before?.write({ ...record, path: '/1' })
  logs.of(at(b))
  renameSync(a, `${a}.1`)
  logs.reopen()
  t.notOk(existsSync(a))
  t.ok(existsSync(b))
  logs.reopen()
  before?.write({ ...record, path: '/2' })
  t.ok(existsSync(a), 'an exchange that began before ends')
  rmSync(a)
  logs.reopen()
  t.notOk(existsSync(a))
  logs.of(at(a))
  t.ok(existsSync(a), 'configured again')
  logs.of(at(a))?.write({ ...record, path: '/3' })
  logs.of(null)
  await logs.close()
  t.equal(readFileSync(`${a}.1`, 'utf8'), '{"path":"/1"}\n')
  t.equal(readFileSync(a, 'utf8'), '{"path":"/3"}\n')
  logs.flushSync()
})
