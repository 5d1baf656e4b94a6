// What the gateway refuses to protect itself: a number that is set a few times a second and looked at by every request.

import type { Random } from './clock.ts'

/** Routes of a lower one are refused first. */
export const PRIORITY = { low: 0, normal: 1, high: 2 } as const
export type Priority = keyof typeof PRIORITY

/** The most pressure: everything is refused. */
export const MAX_PRESSURE = 3

export class Overload {
  /** 0 = nothing is refused; up to 1 a part of what goes to routes of low priority, up to 2 of normal ones, up to 3 of all. */
  pressure = 0
  private readonly random: Random

  constructor(random: Random) {
    this.random = random
  }

  /** Whether a new request is to be refused; ask only while there is pressure. `priority` is a value of PRIORITY. */
  refuses(priority: number): boolean {
    const part = this.pressure - priority
    return part > 0 && (part >= 1 || this.random() < part)
  }
}
