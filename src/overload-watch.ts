// Looks after the process a few times a second: how late its event loop is, how much memory and how many descriptors are left.

import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import { buffers } from './model/buffers.ts'
import type { Clock } from './model/clock.ts'
import type { Overload } from './model/overload.ts'
import { OverloadControl, TICK_MS } from './resilience/overload-control.ts'
import type { LogFunction } from './telemetry/log.ts'

export interface OverloadLimits {
  readonly lag: number | null
  /** Fraction. */
  readonly memory: number | null
  /** Fraction of limits.connections and of the descriptors, from which on the oldest connections make room; null = off. */
  readonly connections: number | null
  /** Bytes of all processes. */
  readonly buffers: number
}

/** Who is connected. */
export interface Guests {
  readonly size: number
  /** Set from here: how many there may be, and the part of it at which the oldest are to make room for new ones. */
  most: number
  crowded: number
  /** Closes connections of clients that do not read, those with the most unread first. Returns how many. */
  closeSlowest(most: number): number
}

export interface OverloadWatchSettings {
  readonly clock: Clock
  readonly overload: Overload
  readonly guests: Guests
  /** Processes that share the memory. */
  readonly processes: number
  /** Open now. */
  readonly upstreamConnections: () => number
  readonly log: LogFunction
}

/** Memory of the supervisor, and descriptors that are kept free for it and for everything that is not a connection. */
const SUPERVISOR_BYTES = 96 * 1024 ** 2
const SPARE_DESCRIPTORS = 128
/** Ticks between two looks at resident memory. */
const RESIDENT_EVERY = 5
/** Connections closed in one tick. */
const CLOSE_AT_ONCE = 64
/** What a connection costs beside the heap. */
const CONNECTION_BYTES = 12 * 1024

export class OverloadWatch {
  private readonly settings: OverloadWatchSettings
  private readonly bound: number
  private readonly descriptors = maxDescriptors()
  private control: OverloadControl | null = null
  private timer: NodeJS.Timeout | null = null
  private last = 0
  private ticks = 0
  private resident = 0
  private told = false

  constructor(settings: OverloadWatchSettings) {
    this.settings = settings
    this.bound = memoryOfProcess(settings.processes)
  }

  /** From now on; null = nothing is looked after. */
  follow(limits: OverloadLimits | null): void {
    buffers.limit = limits === null ? Number.POSITIVE_INFINITY : limits.buffers / this.settings.processes
    const { guests } = this.settings
    guests.crowded = limits?.connections ?? Number.POSITIVE_INFINITY
    guests.most = Number.POSITIVE_INFINITY
    if (limits === null) {
      this.stop()
      return
    }
    if (this.control === null) this.control = new OverloadControl(limits, this.settings.overload)
    else this.control.settings = limits
    if (this.timer !== null) return
    this.last = this.settings.clock.now()
    this.timer = setInterval(() => this.tick(), TICK_MS).unref()
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer)
    this.timer = null
    this.control = null
    this.settings.overload.pressure = 0
    this.told = false
  }

  private tick(): void {
    const { clock, guests, upstreamConnections } = this.settings
    const control = this.control as OverloadControl
    const now = clock.now()
    const late = Math.max(0, now - this.last - TICK_MS)
    this.last = now
    control.tick({ late, memory: this.memory(guests.size) })
    guests.most = Math.max(this.descriptors - upstreamConnections() - SPARE_DESCRIPTORS, 1)
    if (control.critical) guests.closeSlowest(CLOSE_AT_ONCE)
    this.tell(control)
  }

  private memory(connections: number): number {
    const { used_heap_size: heap, external_memory: external, heap_size_limit: most } = getHeapStatistics()
    // Asking the system costs much more.
    if (this.ticks++ % RESIDENT_EVERY === 0) this.resident = process.memoryUsage.rss()
    // What was given back may stay with the process, for it to use again: more than twice what is accounted for is not believed.
    const used = Math.min(this.resident, 2 * (heap + external + connections * CONNECTION_BYTES))
    return Math.max(used / this.bound, heap / most)
  }

  private tell({ cause }: OverloadControl): void {
    const { overload, log } = this.settings
    if (overload.pressure > 0 === this.told) return
    this.told = !this.told
    if (this.told) log('warn', 'overloaded: new requests are refused by priority', cause)
    else log('info', 'not overloaded any more', cause)
  }
}

/** Bytes that one of so many processes may use: of what the control group allows, or the machine has. */
function memoryOfProcess(processes: number): number {
  const constrained = process.constrainedMemory()
  const total = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
  return Math.max(total - SUPERVISOR_BYTES, total / 2) / processes
}

function maxDescriptors(): number {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft)
  } catch {
    // Not Linux.
    return Number.POSITIVE_INFINITY
  }
}
