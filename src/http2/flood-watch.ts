// What a session costs without asking for anything: frames that no request needs (PING, SETTINGS, PRIORITY, WINDOW_UPDATE, unknown
// ones, empty DATA), seen as bytes read beyond heads and bodies, and streams that end by a reset.

import { RESET_BURST, RESET_RATE } from './downstream-options.ts'

/** Bytes of frames that are neither heads nor bodies that may come at once, and per second. */
const BURST = 64 * 1024
const RATE = 16 * 1024
/** Every useful byte in either direction allows for as much around it: frame headers, small DATA, updates of windows. */
const SHARE = 4

export class FloodWatch {
  private allowance = BURST
  private resets = RESET_BURST
  private bytes = 0
  private useful = 0
  private since: number
  private resetSince: number

  constructor(now: number) {
    this.since = now
    this.resetSince = now
  }

  /** `bytes` and `useful` are totals of the session. */
  tooMuch(bytes: number, useful: number, now: number): boolean {
    const earned = (RATE * (now - this.since)) / 1000 + SHARE * (useful - this.useful)
    this.allowance = Math.min(BURST, this.allowance + earned - (bytes - this.bytes))
    this.bytes = bytes
    this.useful = useful
    this.since = now
    return this.allowance < 0
  }

  /** True: this was one too many. */
  countReset(now: number): boolean {
    this.resets = Math.min(RESET_BURST, this.resets + (RESET_RATE * (now - this.resetSince)) / 1000) - 1
    this.resetSince = now
    return this.resets < 0
  }
}
