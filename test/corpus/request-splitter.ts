// Splits what an origin receives into requests, strictly; keeps the raw bytes of each head beside what was read from it.

import { BodyReader, type Field, type Framing, framingOf, readFields } from './wire.ts'

/** One request as the origin read it. */
export class SeenRequest {
  readonly head: string
  readonly method: string
  readonly target: string
  readonly fields: readonly Field[]
  readonly framing: Framing
  readonly reader: BodyReader
  /** What is not canonical about it. */
  readonly complaints: string[]
  complete = false
  answered = false

  constructor(head: string) {
    const complaints: string[] = []
    const complain = (text: string): void => void complaints.push(text)
    const [first = '', ...lines] = head.split('\r\n')
    const match = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP\/1\.1$/.exec(first)
    if (match === null) complain(`not a canonical request line: ${JSON.stringify(first)}`)
    this.head = head
    this.method = match?.[1] ?? ''
    this.target = match?.[2] ?? ''
    this.fields = readFields(lines, complain)
    this.framing = framingOf(this.fields, { kind: 'none' }, complain)
    this.reader = new BodyReader(this.framing, complain)
    this.complaints = complaints
  }
}

export class RequestSplitter {
  readonly requests: SeenRequest[] = []
  #rest = ''
  #open: SeenRequest | null = null
  readonly #onHead: (request: SeenRequest) => void
  readonly #onEnd: (request: SeenRequest) => void

  constructor(onHead: (request: SeenRequest) => void, onEnd: (request: SeenRequest) => void) {
    this.#onHead = onHead
    this.#onEnd = onEnd
  }

  /** Bytes of a head that has not ended yet. */
  get rest(): string {
    return this.#rest
  }

  feed(text: string): void {
    let more: string | null = text
    while (more !== null) {
      if (this.#open === null) {
        this.#rest += more
        const end = this.#rest.indexOf('\r\n\r\n')
        if (end === -1) return
        more = this.#rest.slice(end + 4)
        this.#open = new SeenRequest(this.#rest.slice(0, end))
        this.#rest = ''
        this.requests.push(this.#open)
        this.#onHead(this.#open)
      }
      more = this.#open.reader.take(more)
      if (more === null) return
      const request: SeenRequest = this.#open
      this.#open = null
      request.complete = true
      this.#onEnd(request)
      if (more === '') return
    }
  }
}
