// The process's own metrics, under the names that Prometheus clients share. Everything is read at the scrape: prom-client's
// set of defaults keeps a 10 ms timer and a garbage collection observer running, which an idle gateway should not pay for.

import { readdirSync, readFileSync } from 'node:fs'

export interface ProcessMetric {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly labels?: Readonly<Record<string, string>>
  /** The value now; null = this system does not tell. */
  read(): number | null
}

function maxOpenFiles(): number | null {
  const line = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))
  return line === null ? null : Number(line[1])
}

/** `read`, or null where the system has no /proc. */
function fromProc(read: () => number | null): () => number | null {
  return () => {
    try {
      return read()
    } catch {
      return null
    }
  }
}

const seconds = (micros: number): number => micros / 1e6

export const PROCESS_METRICS: readonly ProcessMetric[] = [
  {
    name: 'process_cpu_user_seconds_total',
    type: 'counter',
    help: 'User CPU time of the supervisor in seconds.',
    read: () => seconds(process.cpuUsage().user),
  },
  {
    name: 'process_cpu_system_seconds_total',
    type: 'counter',
    help: 'System CPU time of the supervisor in seconds.',
    read: () => seconds(process.cpuUsage().system),
  },
  {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'User and system CPU time of the supervisor in seconds.',
    read: () => seconds(process.cpuUsage().user + process.cpuUsage().system),
  },
  {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'When the supervisor started, in seconds since the epoch.',
    read: () => performance.timeOrigin / 1000,
  },
  {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Resident memory of the supervisor in bytes.',
    read: () => process.memoryUsage.rss(),
  },
  {
    name: 'process_open_fds',
    type: 'gauge',
    help: 'Open file descriptors of the supervisor.',
    // One of them is the directory that is being read.
    read: fromProc(() => readdirSync('/proc/self/fd').length - 1),
  },
  {
    name: 'process_max_fds',
    type: 'gauge',
    help: 'Most file descriptors that the supervisor may open.',
    read: fromProc(maxOpenFiles),
  },
  {
    name: 'nodejs_heap_size_total_bytes',
    type: 'gauge',
    help: 'Heap size of the supervisor in bytes.',
    read: () => process.memoryUsage().heapTotal,
  },
  {
    name: 'nodejs_heap_size_used_bytes',
    type: 'gauge',
    help: 'Used heap of the supervisor in bytes.',
    read: () => process.memoryUsage().heapUsed,
  },
  {
    name: 'nodejs_external_memory_bytes',
    type: 'gauge',
    help: 'Memory of the supervisor outside the heap (buffers) in bytes.',
    read: () => process.memoryUsage().external,
  },
  {
    name: 'nodejs_version_info',
    type: 'gauge',
    help: '1 for the version of Node that runs the supervisor.',
    labels: { version: process.version },
    read: () => 1,
  },
]
