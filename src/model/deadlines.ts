// Coarse shared timers: everything that waits sits in a wheel of 50 ms slots. Moving a deadline later costs one store; nothing is
// allocated per request.

import type { Clock } from './clock.ts'

const TICK = 50
const SLOTS = 1024
/**
 * Ten thousand deadlines at once must not keep requests waiting: so many milliseconds at a time, looked at every so many of them. A turn of
 * the event loop takes twice as long: those that were cut before say goodbye in it.
 */
const SLICE = 2
const BATCH = 4

/** Something with one deadline at a time. */
export abstract class Timed {
  /** Monotonic milliseconds; 0 = none. Set through Deadlines.arm. */
  deadline = 0
  /** Tick at which the wheel looks at it next, -1 = not in the wheel. Deadlines' own, like the links. */
  scheduled = -1
  next: Timed | null = null
  previous: Timed | null = null

  /** The deadline has passed; `now` is the time of the tick. It is not armed any more. */
  abstract onDeadline(now: number): void
}

/** One deadline that calls back. */
export class Alarm extends Timed {
  readonly #ring: () => void

  constructor(ring: () => void) {
    super()
    this.#ring = ring
  }

  override onDeadline(): void {
    this.#ring()
  }
}

/** The wheel. A deadline fires up to 100 ms late, and early only by as much as the event loop stood still before it was set. */
export class Deadlines {
  readonly clock: Clock
  /** Time at the last tick: good enough for progress marks. */
  now: number
  private tick: number
  private readonly slots: (Timed | null)[] = new Array(SLOTS).fill(null)
  private timer: NodeJS.Timeout | null = null
  private readonly origin: number
  private lag = 0
  /** What is left of a slot whose time has come. */
  private walking: Timed | null = null
  private later: NodeJS.Immediate | null = null
  private readonly goOn = (): void => {
    this.later = null
    this.advance()
  }

  constructor(clock: Clock) {
    this.clock = clock
    this.now = clock.now()
    this.origin = this.now
    this.tick = 0
  }

  /** Starts to turn with the process's timer; tests turn by hand. */
  start(): void {
    this.timer ??= setInterval(() => this.turn(), TICK)
    this.timer.unref()
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer)
    this.timer = null
    if (this.later !== null) clearImmediate(this.later)
    this.later = null
  }

  /** Largest delay of a tick in milliseconds since the last call: how long the event loop was busy with something else. */
  takeLag(): number {
    const { lag } = this
    this.lag = 0
    return lag
  }

  /** Sets or moves a deadline: `delay` milliseconds from now on. */
  arm(timed: Timed, delay: number): void {
    // The last tick may be up to one tick ago: add it, so that nothing fires early.
    const deadline = this.now + delay + TICK
    timed.deadline = deadline
    if (timed.scheduled !== -1) {
      if (this.origin + timed.scheduled * TICK <= deadline) return
      this.unlink(timed)
    }
    this.link(timed)
  }

  /** Like `arm`, unless there is an earlier deadline already. */
  armEarlier(timed: Timed, delay: number): void {
    if (timed.deadline === 0 || timed.deadline > this.now + delay + TICK) this.arm(timed, delay)
  }

  /** Like `arm`; a delay of 0 means that there is no deadline. */
  armOrDisarm(timed: Timed, delay: number): void {
    if (delay > 0) this.arm(timed, delay)
    else this.disarm(timed)
  }

  /** Lazy: what sits in the wheel is dropped when its slot comes. */
  disarm(timed: Timed): void {
    timed.deadline = 0
  }

  /** Takes it out of the wheel at once, so that nothing keeps it alive. */
  remove(timed: Timed): void {
    timed.deadline = 0
    if (timed.scheduled !== -1) this.unlink(timed)
  }

  /** Fires what is due. */
  turn(): void {
    const now = this.clock.now()
    if (now - this.now - TICK > this.lag) this.lag = now - this.now - TICK
    this.now = now
    this.advance()
  }

  private advance(): void {
    const began = this.clock.now()
    if (!this.walk(began)) return
    const last = Math.floor((this.now - this.origin) / TICK)
    // After a long stall one round visits every slot once.
    if (last - this.tick > SLOTS) this.tick = last - SLOTS
    while (this.tick < last) {
      this.tick++
      this.detach(this.tick % SLOTS)
      if (!this.walk(began)) return
    }
  }

  /** The whole list first: a callback may arm or remove others of the same slot. */
  private detach(slot: number): void {
    const first = this.slots[slot] as Timed | null
    this.slots[slot] = null
    for (let timed = first; timed !== null; timed = timed.next) timed.scheduled = -2
    this.walking = first
  }

  /** Fires what is due of the detached list. False: that takes so long that everybody else has a turn before it goes on. */
  private walk(began: number): boolean {
    let count = 0
    while (this.walking !== null) {
      if (++count % BATCH === 0 && this.clock.now() - began > SLICE) {
        if (this.later === null) this.later = setImmediate(this.goOn)
        return false
      }
      const timed = this.walking
      const { next } = timed
      this.walking = next
      timed.next = timed.previous = null
      timed.scheduled = -1
      if (next !== null) next.previous = null
      if (timed.deadline === 0) continue
      if (timed.deadline > this.now) this.link(timed)
      else {
        timed.deadline = 0
        timed.onDeadline(this.now)
      }
    }
    return true
  }

  private link(timed: Timed): void {
    const wanted = Math.ceil((timed.deadline - this.origin) / TICK)
    const tick = Math.min(Math.max(wanted, this.tick + 1), this.tick + SLOTS - 1)
    const slot = tick % SLOTS
    const head = this.slots[slot] as Timed | null
    timed.scheduled = tick
    timed.previous = null
    timed.next = head
    if (head !== null) head.previous = timed
    this.slots[slot] = timed
  }

  private unlink(timed: Timed): void {
    // In the list that `fire` is walking: the walk itself drops it.
    if (timed.scheduled === -2) return
    if (timed.previous !== null) timed.previous.next = timed.next
    else this.slots[timed.scheduled % SLOTS] = timed.next
    if (timed.next !== null) timed.next.previous = timed.previous
    timed.next = timed.previous = null
    timed.scheduled = -1
  }
}
