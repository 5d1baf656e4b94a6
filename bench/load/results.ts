// What a run found out: the JSON output, and what the table is made of.

import type { IdleFigures } from './idle-connections.ts'
import type { Memory } from './process-figures.ts'
import type { SlowReaderFigures } from './slow-reader.ts'

/** One proxy under one work; the median of the rounds for each figure. */
export interface LoadFigures {
  readonly work: string
  readonly rounds: number
  /** User and system time of the proxy's whole process tree. */
  readonly cpuMicrosecondsPerRequest: number
  /** Lowest and highest of the rounds. */
  readonly cpuRange: readonly [number, number]
  readonly requestsPerSecond: number
  readonly p50Microseconds: number
  readonly p99Microseconds: number
  readonly residentBytes: number
  /** Of all rounds. */
  readonly errors: number
}

export interface PeerResults {
  readonly name: string
  readonly version: string
  readonly load: LoadFigures[]
  startMilliseconds: number | null
  atRest: Memory | null
  idle: IdleFigures | null
  slowReader: SlowReaderFigures | null
}

export interface Results {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly kernel: string; readonly node: string }
  readonly seconds: number
  readonly origin: string
  readonly load: string
  readonly reference: string
  /** Who did not take part, and why. */
  readonly skipped: readonly string[]
  readonly peers: readonly PeerResults[]
}
