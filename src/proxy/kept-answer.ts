// An answer that is given up for another try, kept in case that no later one brings any.

import { Timed } from '../model/deadlines.ts'
import { BODY, type Part, type ResponseHead } from '../model/message.ts'

/** Larger ones are not kept. */
const MAX_KEPT = 64 * 1024
/** Milliseconds that another try waits for the rest of an answer: those of errors are small and come at once. */
export const KEEP_MS = 250

/** A complete answer, copied. */
export interface KeptAnswer {
  readonly head: ResponseHead
  readonly part: Part | null
}

export class AnswerKeeper extends Timed {
  readonly head: ResponseHead
  private readonly late: () => void
  private readonly pieces: Buffer[] = []
  private bytes = 0

  /** `late` is called when the deadline passes. */
  constructor(head: ResponseHead, late: () => void) {
    super()
    this.head = { ...head }
    this.late = late
  }

  /** Takes a copy; false when it is (or will be) too large to be kept. */
  take(part: Part | null): boolean {
    const size = part === null ? 0 : part.end - part.start
    this.bytes += size
    const { body, length } = this.head
    if (this.bytes > MAX_KEPT || (body === BODY.LENGTH && length > MAX_KEPT)) return false
    if (part !== null && size > 0) this.pieces.push(Buffer.from(part.bytes.subarray(part.start, part.end)))
    return true
  }

  /** Once all of it has been taken. */
  get answer(): KeptAnswer {
    const { head, pieces } = this
    if (pieces.length === 0) return { head, part: null }
    const bytes = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
    return { head, part: { bytes, start: 0, end: bytes.length, text: null, owned: true, kept: false } }
  }

  override onDeadline(): void {
    this.late()
  }
}
