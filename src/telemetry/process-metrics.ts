// The process's own metrics, under the names that Prometheus clients share. What changes is read at the scrape: prom-client's
// set of defaults keeps a 10 ms timer and a garbage collection observer running, which an idle gateway should not pay for.

import { readdirSync, readFileSync, statSync } from 'node:fs'

/** What several metrics are told by, read once for all of them. */
export interface ProcessFacts {
  readonly cpu: NodeJS.CpuUsage
  readonly memory: NodeJS.MemoryUsage
}

export function readProcess(): ProcessFacts {
  return { cpu: process.cpuUsage(), memory: process.memoryUsage() }
}

export interface ProcessMetric {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly labels?: Readonly<Record<string, string>>
  /** The value now; null = this system does not tell. */
  read(facts: ProcessFacts): number | null
}

function openFiles(): number {
  const told = statSync('/proc/self/fd').size
  // Linux before 6.2 does not say how many there are; one of those listed is the directory that is being read.
  return told > 0 ? told : readdirSync('/proc/self/fd').length - 1
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

/** Asks the first time only. */
function once(read: () => number | null): () => number | null {
  let known: number | null | undefined
  return () => {
    if (known === undefined) known = read()
    return known
  }
}

const seconds = (micros: number): number => micros / 1e6

export const PROCESS_METRICS: readonly ProcessMetric[] = [
  {
    name: 'process_cpu_user_seconds_total',
    type: 'counter',
    help: 'User CPU time of the supervisor in seconds.',
    read: ({ cpu }) => seconds(cpu.user),
  },
  {
    name: 'process_cpu_system_seconds_total',
    type: 'counter',
    help: 'System CPU time of the supervisor in seconds.',
    read: ({ cpu }) => seconds(cpu.system),
  },
  {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'User and system CPU time of the supervisor in seconds.',
    read: ({ cpu }) => seconds(cpu.user + cpu.system),
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
    read: ({ memory }) => memory.rss,
  },
  {
    name: 'process_open_fds',
    type: 'gauge',
    help: 'Open file descriptors of the supervisor.',
    read: fromProc(openFiles),
  },
  {
    name: 'process_max_fds',
    type: 'gauge',
    help: 'Most file descriptors that the supervisor may open.',
    read: once(fromProc(maxOpenFiles)),
  },
  {
    name: 'nodejs_heap_size_total_bytes',
    type: 'gauge',
    help: 'Heap size of the supervisor in bytes.',
    read: ({ memory }) => memory.heapTotal,
  },
  {
    name: 'nodejs_heap_size_used_bytes',
    type: 'gauge',
    help: 'Used heap of the supervisor in bytes.',
    read: ({ memory }) => memory.heapUsed,
  },
  {
    name: 'nodejs_external_memory_bytes',
    type: 'gauge',
    help: 'Memory of the supervisor outside the heap (buffers) in bytes.',
    read: ({ memory }) => memory.external,
  },
  {
    name: 'nodejs_version_info',
    type: 'gauge',
    help: '1 for the version of Node that runs the supervisor.',
    labels: { version: process.version },
    read: () => 1,
  },
]
