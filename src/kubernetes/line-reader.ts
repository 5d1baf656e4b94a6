// Lines of a stream of bytes, each bounded.

const LINE_FEED = 0x0a

/** Objects are at most 1.5 MiB in etcd; as JSON, with what the API server adds, they grow. */
const LONGEST_LINE = 16 * 1024 * 1024

export class LineReader {
  readonly #take: (line: string) => void
  readonly #longest: number
  #begun: Buffer[] = []
  #size = 0

  constructor(take: (line: string) => void, longest = LONGEST_LINE) {
    this.#take = take
    this.#longest = longest
  }

  /** Throws when a line is too long, and what `take` throws. */
  push(piece: Buffer): void {
    let from = 0
    for (let end = piece.indexOf(LINE_FEED); end !== -1; end = piece.indexOf(LINE_FEED, from)) {
      this.#keep(piece.subarray(from, end))
      from = end + 1
      const line = this.#begun.length === 1 ? (this.#begun[0] as Buffer) : Buffer.concat(this.#begun)
      this.#begun = []
      this.#size = 0
      if (line.length > 0) this.#take(line.toString('utf8'))
    }
    if (from < piece.length) this.#keep(piece.subarray(from))
  }

  #keep(part: Buffer): void {
    this.#size += part.length
    if (this.#size > this.#longest) throw new Error(`a line of more than ${this.#longest} bytes`)
    this.#begun.push(part)
  }
}
