// Bytes that this process holds for others to take or to repeat, against one bound: bodies of requests that may be sent again, and what
// slow clients have not read yet.

/** What a client that does not read is counted with: about what the gateway reads ahead for it. */
export const SLOW_CLIENT = 64 * 1024

export class Buffers {
  used = 0
  limit = Number.POSITIVE_INFINITY

  /** Nothing more should be kept that can be done without. */
  get spent(): boolean {
    return this.used >= this.limit
  }
}

/** Those of the process, whoever serves in it. */
export const buffers = new Buffers()
