// The parts of the load bench that can be wrong without anybody noticing: options, figures from /proc, the table.

import t from 'tap'
import { readOptions } from '../../bench/load/options.ts'
import { cpuMicroseconds, memory, treeOf } from '../../bench/load/process-figures.ts'
import { renderMarkdown } from '../../bench/load/report.ts'
import type { LoadFigures, PeerResults, Results } from '../../bench/load/results.ts'
import { median } from '../../bench/load/start-time.ts'

const figures = (cpu: number): LoadFigures => ({
  work: 'get-1k',
  rounds: 3,
  cpuMicrosecondsPerRequest: cpu,
  cpuRange: [cpu - 1, cpu + 1],
  requestsPerSecond: 1000,
  p50Microseconds: 1500,
  p99Microseconds: 9000,
  residentBytes: 1024 * 1024,
  errors: 0,
})

const peer = (name: string, cpu: number): PeerResults => ({
  name,
  version: '1',
  load: [figures(cpu)],
  startMilliseconds: null,
  atRest: null,
  idle: null,
  slowReader: null,
})

const results: Results = {
  machine: { cpu: 'x', cores: 2, kernel: '6', node: '26' },
  seconds: 5,
  origin: 'nginx',
  load: 'wrk',
  reference: 'nginx',
  skipped: ['HAProxy is not installed'],
  peers: [peer('headgate', 30), peer('nginx', 20)],
}

t.test('the table has ratios to the reference and names what was skipped', async (t) => {
  const markdown = renderMarkdown(results)
  t.match(markdown, '| headgate 1 | 30.0 | 1.50 | 29.0-31.0 | 1000 | 1.50 | 9.00 | 1.0 | 0 |')
  t.match(markdown, '| nginx 1 | 20.0 |  |')
  t.match(markdown, 'Skipped: HAProxy is not installed.')
  t.notMatch(markdown, '100 KiB', 'works that were not run have no table')
})

t.test('the median is of sorted numbers', async (t) => {
  t.equal(median([10, 9, 100]), 10)
  t.equal(median([4, 1, 3, 2]), 2.5)
})

t.test('options', async (t) => {
  t.match(readOptions(['--duration', '2', '--work', 'idle', '--peer', 'nginx']), {
    seconds: 2,
    works: ['idle'],
    peers: ['nginx'],
  })
  t.equal(readOptions(['--help']), null)
  t.throws(() => readOptions(['--rounds', 'x']), { message: '--rounds takes a whole number from 1 on, not "x"' })
  t.throws(() => readOptions(['--work', 'x']), /--work "x" is not known; there are get-1k/)
})

t.test('figures of this process', { skip: process.platform === 'linux' ? false : 'there is no /proc here' }, async (t) => {
  t.ok(treeOf(process.pid).includes(process.pid))
  t.ok(treeOf(process.ppid).includes(process.pid), 'children count')
  t.ok(cpuMicroseconds(process.pid) > 0)
  const { resident, proportional } = memory(process.pid)
  t.ok(resident >= proportional && proportional > 1024 * 1024)
})
