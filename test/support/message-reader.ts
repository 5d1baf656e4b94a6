// Reads HTTP/1.1 messages out of what has arrived on a raw socket: enough to judge them, strict enough to notice what is wrong.

export class SeenMessage {
  readonly head: string
  /** First line. */
  readonly line: string
  /** Names in lower case; several lines of a name are joined by `, `. */
  readonly fields: Readonly<Record<string, string>>
  body = ''
  /** Sizes of the chunks, when the body came in chunks. */
  readonly chunks: number[] = []
  trailers = ''
  complete = false

  constructor(head: string) {
    const [line = '', ...lines] = head.split('\r\n')
    const fields: Record<string, string> = Object.create(null)
    for (const text of lines) {
      const colon = text.indexOf(':')
      if (colon < 1) throw new Error(`not a field line: ${JSON.stringify(text)}`)
      const name = text.slice(0, colon).toLowerCase()
      const value = text.slice(colon + 1).trim()
      fields[name] = fields[name] === undefined ? value : `${fields[name]}, ${value}`
    }
    this.head = head
    this.line = line
    this.fields = fields
  }

  get status(): number {
    return Number(this.line.split(' ')[1])
  }

  get method(): string {
    return this.line.split(' ')[0] as string
  }

  get target(): string {
    return this.line.split(' ')[1] as string
  }
}

/** How the body of a message is delimited. */
type Framing = 'none' | 'close' | 'chunked' | number

export class MessageReader {
  #rest = ''
  #open: SeenMessage | null = null
  #left: Framing = 'none'
  #state: 'size' | 'data' | 'trailers' = 'size'
  #chunkLeft = 0
  readonly #framing: (message: SeenMessage) => Framing
  readonly #began: (message: SeenMessage) => void
  readonly #ended: (message: SeenMessage) => void

  constructor(
    framing: (message: SeenMessage) => Framing,
    began: (message: SeenMessage) => void,
    ended: (message: SeenMessage) => void = () => {},
  ) {
    this.#framing = framing
    this.#began = began
    this.#ended = ended
  }

  /** Bytes that are no part of a message yet. */
  get rest(): string {
    return this.#rest
  }

  feed(text: string): void {
    this.#rest += text
    while (this.#step());
  }

  /** The peer has ended its side in an orderly way. */
  end(): void {
    if (this.#open !== null && this.#left === 'close') this.#finish(this.#open)
  }

  #step(): boolean {
    const open = this.#open
    if (open === null) {
      const end = this.#rest.indexOf('\r\n\r\n')
      if (end === -1) return false
      const message = new SeenMessage(this.#take(end + 4).slice(0, -4))
      this.#left = this.#framing(message)
      this.#state = 'size'
      this.#open = message
      this.#began(message)
      if (this.#left === 'none' || this.#left === 0) this.#finish(message)
      return true
    }
    if (this.#left === 'chunked') return this.#stepChunked(open)
    if (this.#rest === '') return false
    const taken = this.#take(this.#left === 'close' ? this.#rest.length : (this.#left as number))
    open.body += taken
    if (typeof this.#left === 'number') {
      this.#left -= taken.length
      if (this.#left === 0) this.#finish(open)
    }
    return true
  }

  #stepChunked(open: SeenMessage): boolean {
    if (this.#state === 'data') {
      if (this.#rest === '') return false
      const taken = this.#take(this.#chunkLeft)
      this.#chunkLeft -= taken.length
      open.body += taken
      if (this.#chunkLeft === 0) this.#state = 'size'
      return true
    }
    if (this.#state === 'trailers') {
      const end = this.#rest.startsWith('\r\n') ? 0 : this.#rest.indexOf('\r\n\r\n')
      if (end === -1) return false
      open.trailers = this.#take(end === 0 ? 2 : end + 4).slice(0, end)
      this.#finish(open)
      return true
    }
    // A chunk that is not the first begins behind the CRLF of the one before.
    const match = (open.chunks.length === 0 ? /^([0-9a-f]+)\r\n/ : /^\r\n([0-9a-f]+)\r\n/).exec(this.#rest)
    if (match === null) {
      if (/^(?:\r?|\r\n[0-9a-f]*\r?|[0-9a-f]*\r?)$/.test(this.#rest)) return false
      throw new Error(`not a canonical chunk: ${JSON.stringify(this.#rest.slice(0, 80))}`)
    }
    this.#take(match[0].length)
    this.#chunkLeft = Number.parseInt(match[1] as string, 16)
    if (this.#chunkLeft === 0) this.#state = 'trailers'
    else {
      this.#state = 'data'
      open.chunks.push(this.#chunkLeft)
    }
    return true
  }

  #finish(message: SeenMessage): void {
    message.complete = true
    this.#open = null
    this.#ended(message)
  }

  #take(count: number): string {
    const taken = this.#rest.slice(0, count)
    this.#rest = this.#rest.slice(count)
    return taken
  }
}

/** The framing that the fields name; `otherwise` where they name none. */
export function framingOf(message: SeenMessage, otherwise: Framing): Framing {
  const { 'transfer-encoding': coding, 'content-length': length } = message.fields
  if (coding !== undefined) {
    if (coding !== 'chunked' || length !== undefined) throw new Error(`not canonical framing: ${message.head}`)
    return 'chunked'
  }
  if (length === undefined) return otherwise
  if (!/^\d+$/.test(length)) throw new Error(`not a length: ${length}`)
  return Number(length)
}
