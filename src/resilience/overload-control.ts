// How much is refused: more for as long as the event loop is late or memory is short, less and less when that is over. What happens once,
// as a garbage collection does, is not an overload.

import { MAX_PRESSURE, type Overload } from '../model/overload.ts'

export interface OverloadSettings {
  /** Milliseconds that the event loop may be late, null = off. */
  readonly lag: number | null
  /** Fraction of what this process may use, null = off. */
  readonly memory: number | null
}

export interface LoadReading {
  /** Milliseconds by which this tick came too late. */
  readonly late: number
  /** Fraction of what this process may use. */
  readonly memory: number
}

export const TICK_MS = 100
/** Ticks that are looked at together: the median of their lags, the least of their memory. */
const LOOK_BACK = 5
/** What a process does while it starts says nothing. */
const START_TICKS = 30
/** Change of the pressure per tick. */
const RISE = 0.15
const FALL = 0.05
/** Below this part of a threshold the pressure falls; in between it stays. */
const CALM = 0.8
/** From this part of what is left above the threshold of memory on everything is refused. */
const CRITICAL = 0.6

export class OverloadControl {
  settings: OverloadSettings
  /** Memory is nearly used up: what is held for slow clients must go. */
  critical = false
  private readonly overload: Overload
  private readonly lates: number[] = []
  private readonly memories: number[] = []
  private ticks = 0

  constructor(settings: OverloadSettings, overload: Overload) {
    this.settings = settings
    this.overload = overload
  }

  /** What the pressure comes from; for people. */
  get cause(): { readonly lagMs: number; readonly memory: number } {
    return { lagMs: Math.round(this.lag), memory: Math.round(this.memory * 1000) / 1000 }
  }

  private get lag(): number {
    const sorted = [...this.lates].sort((a, b) => a - b)
    return sorted[sorted.length >> 1] ?? 0
  }

  private get memory(): number {
    return this.memories.length === 0 ? 0 : Math.min(...this.memories)
  }

  tick({ late, memory }: LoadReading): void {
    push(this.lates, late)
    push(this.memories, memory)
    this.ticks++
    if (this.ticks <= START_TICKS || this.lates.length < LOOK_BACK) return
    const { settings, overload } = this
    const lagging = settings.lag === null ? 0 : this.lag / settings.lag
    const filling = settings.memory === null ? 0 : this.memory / settings.memory
    this.critical = settings.memory !== null && this.memory >= settings.memory + (1 - settings.memory) * CRITICAL
    const load = Math.max(lagging, filling)
    // Late ticks are fewer: each of them stands for more time.
    const ticks = Math.min(1 + late / TICK_MS, 3)
    if (this.critical) overload.pressure = MAX_PRESSURE
    else if (load >= 1) overload.pressure = Math.min(overload.pressure + RISE * ticks * Math.min(load, 2), MAX_PRESSURE)
    else if (load < CALM) overload.pressure = Math.max(overload.pressure - FALL * ticks, 0)
  }
}

function push(values: number[], value: number): void {
  values.push(value)
  if (values.length > LOOK_BACK) values.shift()
}
