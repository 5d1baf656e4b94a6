import { execFile, spawnSync } from 'node:child_process'
import {
  closeSync,
  constants,
  copyFileSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { ACCESS_LOG_FIELDS, ACCESS_LOG_MORE_FIELDS } from '../../src/config/access-log-schema.ts'
import type { AccessRecord } from '../../src/model/access-record.ts'
import { TlsFacts } from '../../src/model/tls-facts.ts'
import { fieldNames } from '../../src/telemetry/access-fields.ts'
import { jsonLines, USUAL } from '../../src/telemetry/access-json.ts'
import type { AccessLogOptions } from '../../src/telemetry/access-log.ts'
import { LineBytes } from '../../src/telemetry/line-bytes.ts'
import { until } from '../support/until.ts'
import { attemptRecord, options, record, TestLog } from './test-log.ts'

const NO_FIFO = process.platform === 'linux' ? false : 'needs mkfifo'

const unexpected = (error: Error): never => {
  throw error
}
const lines = (file: string): string[] => readFileSync(file, 'latin1').split('\n').slice(0, -1)

t.test('one JSON line a record, with every field', async (t) => {
  const file = join(t.testdir(), 'access.log')
  const log = new TestLog(options(file), Math.random, unexpected)
  log.write(record)
  log.write({ ...record, userAgent: null, attempts: [] })
  await log.close()
  const [first, second] = lines(file).map((line) => JSON.parse(line))
  t.same(Object.keys(first), ACCESS_LOG_FIELDS.slice(0, -1), 'a decision stands there when there is one')
  t.same(first, {
    time: '2023-11-14T22:13:20.123Z',
    requestId: 'id-1',
    traceId: null,
    client: '127.0.0.1',
    listener: 'web',
    protocol: 'HTTP/1.1',
    method: 'GET',
    host: 'a.example',
    path: '/users?x=1',
    status: 200,
    reason: null,
    route: 'users',
    upstream: 'u',
    endpoint: '127.0.0.1:1',
    attempts: [{ endpoint: '127.0.0.1:1', outcome: 'ok', status: 200, durationMs: 1.235, bytes: 20 }],
    durationMs: 2.5,
    bytesIn: 10,
    bytesOut: 20,
    userAgent: 'curl/8',
  })
  t.equal(second.userAgent, null)
  t.same(second.attempts, [])
  t.equal(log.dropped, 0)
  t.equal(statSync(file).mode & 0o007, 0, 'not for everybody')
})

t.test('fields are those asked for, in that order', async (t) => {
  const file = join(t.testdir(), 'access.log')
  const log = new TestLog({ ...options(file), fields: ['status', 'path'] }, Math.random, unexpected)
  log.write(record)
  await log.close()
  t.same(lines(file), ['{"status":200,"path":"/users?x=1"}'])
  t.throws(() => new TestLog({ ...options(file), fields: ['__proto__'] }, Math.random, unexpected), /unknown field "__proto__"/)
})

t.test('what is known about TLS, where it is asked for', async (t) => {
  const file = join(t.testdir(), 'access.log')
  const fields = ['tlsVersion', 'tlsCipher', 'sni', 'clientSubject', 'clientVerified', 'clientFingerprint']
  const log = new TestLog({ ...options(file), fields }, Math.random, unexpected)
  const client = {
    verified: true,
    subject: 'CN="a"',
    issuer: '',
    sans: [],
    fingerprint: '00ff',
    serial: '',
    raw: Buffer.alloc(0),
  }
  log.write(record)
  log.write({ ...record, tls: new TlsFacts('TLSv1.3', 'TLS_AES_128_GCM_SHA256', 'a.test', '', null) })
  log.write({ ...record, tls: new TlsFacts('TLSv1.2', 'X', '', '', client) })
  await log.close()
  t.same(
    lines(file).map((line) => Object.values(JSON.parse(line))),
    [
      [null, null, null, null, null, null],
      ['TLSv1.3', 'TLS_AES_128_GCM_SHA256', 'a.test', null, null, null],
      ['TLSv1.2', 'X', '', 'CN="a"', true, '00ff'],
    ],
  )
})

t.test('what a client sends can neither end a line nor reach a terminal', async (t) => {
  const file = join(t.testdir(), 'access.log')
  const log = new TestLog(options(file), Math.random, unexpected)
  const evil = 'x"\r\n{"status":500}\n\x1b[2J\x9b2J\u2028\ud800\x00\x7f\\'
  log.write({ ...record, path: evil, userAgent: evil, host: evil, method: evil, requestId: evil })
  await log.close()
  const written = readFileSync(file)
  t.equal(lines(file).length, 1)
  t.ok(written.subarray(0, -1).every((byte) => byte >= 0x20 && byte < 0x7f))
  const parsed = JSON.parse(written.toString())
  t.equal(parsed.path, evil)
  t.equal(parsed.userAgent, evil)
})

t.test('long texts are cut so that the line stays whole', async (t) => {
  const file = join(t.testdir(), 'access.log')
  const log = new TestLog(options(file), Math.random, unexpected)
  const long = '\xff'.repeat(32_768)
  const attempts = new Array(300).fill(record.attempts[0])
  log.write({ ...record, path: `/${'a'.repeat(7_990)}` })
  log.write({ ...record, path: long, userAgent: long, host: long, attempts })
  await log.close()
  const [whole, cut] = lines(file)
  t.equal(JSON.parse(whole ?? '').path.length, 7_991, 'a long path that fits is kept')
  t.ok((cut ?? '').length <= 16_384)
  t.match(JSON.parse(cut ?? '').userAgent, /^\xff+\.\.\.$/)
})

t.test('which exchanges are kept', async (t) => {
  const file = join(t.testdir(), 'access.log')
  let dice = 0.5
  const keep = (part: Partial<AccessLogOptions>): TestLog => {
    const log = new TestLog({ ...options(file), ...part }, () => dice, unexpected)
    t.teardown(() => log.close())
    return log
  }
  const none = keep({ sample: 0 })
  t.equal(none.wants(200, 1, false), false)
  t.equal(none.wants(404, 1, false), false)
  t.equal(none.wants(500, 1, false), true)
  t.equal(none.wants(200, 1, true), true, 'cut or rejected')
  t.equal(none.wants(200, 1000, false), false)
  t.equal(none.wants(200, 1001, false), true, 'slow')
  t.equal(keep({ sample: 0, slow: null }).wants(200, 1e9, false), false)
  const half = keep({ sample: 0.5 })
  t.equal(half.wants(200, 1, false), false)
  dice = 0.49
  t.equal(half.wants(200, 1, false), true)
  dice = 0.999
  t.equal(keep({ sample: 1 }).wants(200, 1, false), true)
})

t.test('one record that cannot be written takes no other with it, whatever their number', async (t) => {
  const file = join(t.testdir(), 'access.log')
  const log = new TestLog({ ...options(file), fields: ['time', 'bytesIn'] }, Math.random, unexpected)
  for (let i = 0; i < 100; i++) log.write({ ...record, time: i % 10 === 3 ? Number.NaN : record.time, bytesIn: i })
  await log.close()
  const numbers = lines(file).map((line) => JSON.parse(line).bytesIn)
  t.same(
    numbers,
    Array.from({ length: 100 }, (_, i) => i).filter((i) => i % 10 !== 3),
  )
  t.equal(log.dropped, 10)
})

t.test('a record that cannot be written is dropped, not thrown', async (t) => {
  const log = new TestLog(options(join(t.testdir(), 'access.log')), Math.random, unexpected)
  log.write({ ...record, time: Number.NaN })
  await log.close()
  t.equal(log.dropped, 1)
  log.write(record)
  t.equal(log.dropped, 2, 'closed')
  await log.close()
})

t.test('a file that cannot be opened is an error at the start', async (t) => {
  t.throws(() => new TestLog(options(join(t.testdir(), 'no', 'such')), Math.random, unexpected), { code: 'ENOENT' })
})

t.test('reopen goes on in a new file; when it fails the old one stays', async (t) => {
  const dir = t.testdir({ logs: {} })
  const file = join(dir, 'logs', 'access.log')
  const failures: Error[] = []
  const log = new TestLog({ ...options(file), fields: ['path'] }, Math.random, (error) => failures.push(error))
  log.write({ ...record, path: '/1' })
  renameSync(file, `${file}.1`)
  log.reopen()
  log.write({ ...record, path: '/2' })
  renameSync(join(dir, 'logs'), join(dir, 'moved'))
  log.reopen()
  log.write({ ...record, path: '/3' })
  await log.close()
  t.same(lines(join(dir, 'moved', 'access.log.1')), ['{"path":"/1"}'])
  t.same(lines(join(dir, 'moved', 'access.log')), ['{"path":"/2"}', '{"path":"/3"}'])
  t.match(failures, [{ code: 'ENOENT' }])
})

t.test(
  'a full disk costs lines, never an exchange',
  { skip: process.platform === 'linux' ? false : 'no /dev/full' },
  async (t) => {
    const failures: Error[] = []
    const log = new TestLog(options('/dev/full'), Math.random, (error) => failures.push(error))
    for (let i = 0; i < 5000; i++) log.write(record)
    t.ok(log.dropped > 1000, 'the buffer is bounded')
    await log.close()
    t.match(failures, [{ message: /lines are given up/ }, { code: 'ENOSPC' }], 'each said once')
  },
)

t.test('a pipe that nobody reads for a while: what fits waits and is written later', { skip: NO_FIFO }, async (t) => {
  const path = join(t.testdir(), 'pipe')
  spawnSync('mkfifo', [path])
  const failures: Error[] = []
  t.throws(() => new TestLog(options(path), Math.random, unexpected), { code: 'ENXIO' }, 'opening does not wait for a reader')
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const log = new TestLog({ ...options(path), fields: ['path'] }, Math.random, (error) => failures.push(error))
  const count = 1000
  for (let i = 0; i < count; i++) log.write({ ...record, path: `/${i}`.padEnd(200, 'x') })
  t.equal(log.dropped, 0)
  let text = ''
  const buffer = Buffer.alloc(65_536)
  while (text.length < count * 212) {
    try {
      text += buffer.toString('latin1', 0, readSync(reader, buffer))
    } catch {
      // Empty now.
    }
    await new Promise(setImmediate)
  }
  await log.close()
  closeSync(reader)
  const paths = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).path)
  t.same(
    paths,
    Array.from({ length: count }, (_, i) => `/${i}`.padEnd(200, 'x')),
  )
  t.same(failures, [])
})

t.test('a pipe whose reader is gone', { skip: NO_FIFO }, async (t) => {
  const path = join(t.testdir(), 'pipe')
  spawnSync('mkfifo', [path])
  const failures: Error[] = []
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const log = new TestLog(options(path), Math.random, (error) => failures.push(error))
  closeSync(reader)
  for (let i = 0; i < 100; i++) log.write(record)
  await log.close()
  t.match(failures, [{ code: 'EPIPE' }])
})

t.test('lines of several processes stay whole', async (t) => {
  const file = join(t.testdir(), 'access.log')
  const program = `
    import { TestLog } from ${JSON.stringify(new URL('test-log.ts', import.meta.url).href)}
    const log = new TestLog({ file: ${JSON.stringify(file)}, format: 'json', sample: 1, slow: null, fields: ${JSON.stringify(ACCESS_LOG_FIELDS)}, decision: 0 }, () => 0, console.error)
    const record = ${JSON.stringify(record)}
    for (let i = 0; i < 500; i++) {
      log.write({ ...record, path: '/' + 'x'.repeat(i * 7 % 5000), bytesIn: i })
      if (i % 50 === 0) await new Promise(setImmediate)
    }
    await log.close()
    console.log(log.dropped)`
  const run = promisify(execFile)
  const runs = [1, 2, 3].map(() => run(process.execPath, ['--input-type=module', '-e', program]))
  // A disk that is slow for seconds makes them give up lines, of which some may have been written.
  const dropped = (await Promise.all(runs)).reduce((sum, { stdout }) => sum + Number(stdout), 0)
  const seen = lines(file).map((line) => JSON.parse(line).bytesIn)
  t.ok(seen.length <= 1500 && seen.length + dropped >= 1500, `${seen.length} written, ${dropped} given up`)
  t.ok(seen.length > 300)
})

t.test('what a pipe has not taken when the log is closed counts as dropped', { skip: NO_FIFO }, async (t) => {
  const path = join(t.testdir(), 'fifo')
  spawnSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  t.teardown(() => closeSync(reader))
  const log = new TestLog(options(path), Math.random, () => {})
  for (let i = 0; i < 1500; i++) log.write({ ...record, path: `/${'x'.repeat(200)}` })
  t.equal(log.dropped, 0)
  await log.close()
  let read = ''
  const piece = Buffer.alloc(65_536)
  await until('its end', () => {
    try {
      const bytes = readSync(reader, piece)
      read += piece.toString('latin1', 0, bytes)
      return bytes === 0
    } catch {
      return false
    }
  })
  const whole = read.split('\n').length - 1
  t.ok(whole > 50 && log.dropped > 50)
  t.equal(whole + log.dropped, 1500)
})

t.test('a process whose output nobody reads can still exit, and flushes what it can', async (t) => {
  const program = `
    import { TestLog } from ${JSON.stringify(new URL('test-log.ts', import.meta.url).href)}
    const log = new TestLog({ file: 'stdout', format: 'json', sample: 1, slow: null, fields: ['path'], decision: 0 }, () => 0, () => {})
    process.on('exit', () => log.flushSync())
    const record = ${JSON.stringify(record)}
    for (let i = 0; i < 2000; i++) log.write({ ...record, path: '/' + 'x'.repeat(200) })
    setImmediate(() => process.exit(log.dropped === 0 ? 7 : 8))`
  const dir = t.testdir()
  // The reader begins when the writer has ended.
  const shell = `cd "$0"; { "$1" --input-type=module -e "$2"; echo $? > status; } | { until [ -s status ]; do sleep 0.05; done; cat > out; }`
  spawnSync('sh', ['-c', shell, dir, process.execPath, program], { timeout: 20_000 })
  t.equal(readFileSync(join(dir, 'status'), 'utf8'), '7\n')
  const written = lines(join(dir, 'out'))
  t.ok(written.length >= 100 && written.length < 2000, `${written.length} lines fit into the pipe`)
  for (const line of written) t.equal(line.length, 212)
})

t.test('the quick way says what the other one says', async (t) => {
  const client = { verified: true, subject: '', issuer: '', sans: [], fingerprint: '', serial: '', raw: Buffer.alloc(0) }
  const odd = { ...record, path: '"\n\u00fc', userAgent: null, reason: 'reset', endpoint: null, traceId: 'ab', attempts: [] }
  const records = [
    record,
    odd,
    { ...record, tls: new TlsFacts('TLSv1.3', 'X', '', '', client), attempts: [attemptRecord, attemptRecord] },
    ...['status', 'reason', 'route', 'upstream', 'endpoint', 'listener', 'protocol', 'method', 'host'].map((name) => ({
      ...record,
      [name]: name === 'status' ? 404 : 'other',
    })),
    { ...record, host: 'h'.repeat(1000) },
    {
      ...record,
      attempts: [{ ...attemptRecord, status: 0, outcome: 'reset', reason: 'timeout', detail: 'd"' }, attemptRecord],
    },
    record,
  ]
  const parsed = (fields: readonly string[], each: AccessRecord): Record<string, unknown> => {
    const [line, page] = [new LineBytes(), Buffer.alloc(8192)]
    line.begin(page, 0, page.length)
    jsonLines(fields)(line, each)
    t.notOk(line.over)
    return JSON.parse(page.toString('utf8', 0, line.at))
  }
  for (const each of records) {
    t.strictSame(parsed(USUAL, each), parsed([...USUAL].reverse(), each))
    t.same(Object.keys(parsed(USUAL, each)), USUAL)
    t.strictSame(parsed([...USUAL, 'sni', 'ttfbMs'], each), parsed(['sni', 'ttfbMs', ...USUAL], each))
  }
  t.same(ACCESS_LOG_FIELDS.slice(0, USUAL.length), USUAL)
})

t.test('the configuration knows the fields that there are', async (t) => {
  t.same([...ACCESS_LOG_FIELDS, ...ACCESS_LOG_MORE_FIELDS], fieldNames())
})

t.test('phases, why another try was made, and headers by name', async (t) => {
  const file = join(t.testdir(), 'access.log')
  const fields = [
    'attempts',
    'receivedMs',
    'queueMs',
    'connectMs',
    'upstreamMs',
    'ttfbMs',
    'transferMs',
    'clientPort',
    'header.x-a',
  ]
  const log = new TestLog({ ...options(file), fields }, Math.random, unexpected)
  t.equal(log.access.phases, true)
  t.same(log.access.headers, ['x-a'])
  const first = { ...attemptRecord, outcome: 'connect-failure', status: 0, bytes: 0, detail: 'refused' }
  const second = { ...attemptRecord, endpoint: 'b:2', connectMs: 0.25, ttfbMs: 1, reason: 'connect-failure' }
  const phases = { receivedMs: 0, queueMs: 0, ttfbMs: 2, clientPort: 7, headers: { 'x-a': '"b"\n' } }
  log.write({ ...record, attempts: [first, second], ...phases })
  log.write({ ...record, attempts: [] })
  await log.close()
  const [line, none] = lines(file).map((each) => JSON.parse(each))
  t.same(line, {
    attempts: [
      { endpoint: '127.0.0.1:1', outcome: 'connect-failure', status: null, durationMs: 1.235, bytes: 0, detail: 'refused' },
      {
        ...{ endpoint: 'b:2', outcome: 'ok', status: 200, durationMs: 1.235 },
        ...{ connectMs: 0.25, ttfbMs: 1, bytes: 20, reason: 'connect-failure' },
      },
    ],
    ...{ receivedMs: 0, queueMs: 0, connectMs: 0.25, upstreamMs: 1, ttfbMs: 2, transferMs: 0.5, clientPort: 7 },
    'header.x-a': '"b"\n',
  })
  t.ok(Object.values(none).every((value) => value === null || Array.isArray(value)))
})

t.test('a file that is moved away or removed is made anew, one that is emptied is written on', async (t) => {
  const dir = t.testdir()
  const file = join(dir, 'access.log')
  const log = new TestLog({ ...options(file), fields: ['path'] }, Math.random, unexpected)
  const write = async (path: string, into: string | null): Promise<void> => {
    log.write({ ...record, path })
    await log.look()
    if (into !== null) await until(`${path} is there`, () => readFileSync(into, 'latin1').endsWith(`"${path}"}\n`))
  }
  await write('/1', file)
  renameSync(file, `${file}.1`)
  await write('/2', `${file}.1`)
  await write('/3', file)
  copyFileSync(file, `${file}.2`)
  truncateSync(file)
  await write('/4', file)
  rmSync(file)
  await write('/5', null)
  await write('/6', file)
  await log.close()
  t.same(lines(`${file}.1`), ['{"path":"/1"}', '{"path":"/2"}'], 'until it is noticed')
  t.same(lines(`${file}.2`), ['{"path":"/3"}'])
  t.same(lines(file), ['{"path":"/6"}'], 'no holes where it was emptied')
  t.equal(log.dropped, 0)
})

t.test('rules of a route: the same file', async (t) => {
  const file = join(t.testdir(), 'access.log')
  const log = new TestLog({ ...options(file), fields: ['path'] }, () => 0.5, unexpected)
  const other = log.access.by({ sample: 0.2, slow: 'off', fields: ['status'] })
  t.equal(other, log.access.by({ sample: 0.2, slow: 'off', fields: ['status'] }), 'made once')
  t.equal(other.wants(200, 1e9, false), false)
  t.equal(other.wants(503, 1, false), true)
  t.equal(log.access.by({ sample: null, slow: null, fields: null }).wants(200, 1, false), true)
  t.equal(log.access.by({ sample: 0, slow: 5, fields: null }).wants(200, 6, false), true)
  log.write(record)
  other.write(record)
  await log.close()
  t.same(lines(file), ['{"path":"/users?x=1"}', '{"status":200}'])
})

t.test('decisions: always of errors, of others by share, and never a line that is too long', async (t) => {
  const file = join(t.testdir(), 'access.log')
  let dice = 0.5
  const log = new TestLog({ ...options(file), fields: ['path', 'decision'] }, () => dice, unexpected)
  t.equal(log.access.wantsDecision(true), true)
  t.equal(log.access.wantsDecision(false), false)
  const some = new TestLog({ ...options(file), decision: 0.4 }, () => dice, unexpected)
  t.equal(some.access.wantsDecision(false), false)
  dice = 0.3
  t.equal(some.access.wantsDecision(false), true)
  const without = new TestLog({ ...options(file), fields: ['path'] }, () => dice, unexpected)
  t.equal(without.access.wantsDecision(true), false)
  const decision = {
    ...{ listener: 'web', route: 'r', upstream: null, endpoint: null, considered: [], filters: [], endpoints: [] },
    ...{ answer: null, notes: ['\u00fc\u2028'], tried: [], noRetry: null },
  }
  log.write({ ...record, path: '/1', decision })
  log.write({ ...record, path: '/2', decision: { ...decision, notes: ['x'.repeat(20_000)] } })
  for (const each of [log, some, without]) await each.close()
  t.same(
    lines(file).map((line) => JSON.parse(line)),
    [{ path: '/1', decision }, { path: '/2' }],
  )
})

t.test('a pipe that nobody reads for too long: it is said once that lines are lost', { skip: NO_FIFO }, async (t) => {
  const path = join(t.testdir(), 'pipe')
  spawnSync('mkfifo', [path])
  const failures: Error[] = []
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const log = new TestLog({ ...options(path), fields: ['path'] }, Math.random, (error) => failures.push(error))
  for (let i = 0; i < 1000; i++) log.write({ ...record, path: `/${i}`.padEnd(2000, 'x') })
  t.ok(log.dropped > 0, `${log.dropped} dropped`)
  t.match(failures, [{ message: /lines are given up/ }])
  closeSync(reader)
  await log.close()
})
