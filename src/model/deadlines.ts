// Coarse shared timers: everything that waits sits in a wheel of 50 ms slots. Moving a deadline later costs one store; nothing is
// allocated per request.

import type { Clock } from './clock.ts'

const TICK = 50
const SLOTS = 1024

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
    const last = Math.floor((now - this.origin) / TICK)
    // After a long stall one round visits every slot once.
    if (last - this.tick > SLOTS) this.tick = last - SLOTS
    while (this.tick < last) {
      this.tick++
      this.fire(this.tick % SLOTS, now)
    }
  }

  private fire(slot: number, now: number): void {
    let timed = this.slots[slot] as Timed | null
    this.slots[slot] = null
    // Detach the whole list first: a callback may arm or remove others of the same slot.
    for (let t = timed; t !== null; t = t.next) t.scheduled = -2
    while (timed !== null) {
      const { next } = timed
      timed.next = timed.previous = null
      timed.scheduled = -1
      if (next !== null) next.previous = null
      if (timed.deadline !== 0) {
        if (timed.deadline > now) this.link(timed)
        else {
          timed.deadline = 0
          timed.onDeadline(now)
        }
      }
      timed = next
    }
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
