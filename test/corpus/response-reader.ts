// Splits what a client receives into responses, strictly; the methods asked for decide which of them have no body.

import { BodyReader, type Field, framingOf, readFields, valuesOf } from './wire.ts'

/** One response as the client read it. */
export class SeenResponse {
  readonly head: string
  readonly status: number
  readonly reason: string
  readonly fields: readonly Field[]
  readonly reader: BodyReader
  readonly complaints: string[]
  complete = false

  constructor(head: string, method: string) {
    const complaints: string[] = []
    const complain = (text: string): void => void complaints.push(text)
    const [first = '', ...lines] = head.split('\r\n')
    const match = /^HTTP\/1\.1 ([1-9][0-9]{2}) ([\t\x20-\x7e\x80-\xff]*)$/.exec(first)
    if (match === null) complain(`not a canonical status line: ${JSON.stringify(first)}`)
    this.head = head
    this.status = Number(match?.[1] ?? 0)
    this.reason = match?.[2] ?? ''
    this.fields = readFields(lines, complain)
    const bare = this.status < 200 || this.status === 204 || this.status === 304
    if ((this.status < 200 || this.status === 204) && framingOf(this.fields, { kind: 'none' }, complain).kind !== 'none') {
      complain(`a ${this.status} with a framing field`)
    }
    const framing = framingOf(this.fields, { kind: 'close' }, complain)
    this.reader = new BodyReader(bare || method === 'HEAD' ? { kind: 'none' } : framing, complain)
    this.complaints = complaints
  }

  get body(): string {
    return this.reader.body
  }

  /** Whether it announces that the connection ends after it. */
  get closes(): boolean {
    return valuesOf(this.fields, 'connection').some((value) => /(?:^|,)\s*close\s*(?:,|$)/i.test(value))
  }
}

export class ResponseReader {
  /** Final responses, in order; the last may be incomplete. */
  readonly responses: SeenResponse[] = []
  readonly interim: SeenResponse[] = []
  readonly #methods: readonly string[]
  #rest = ''
  #open: SeenResponse | null = null

  /** `methods`: of the requests sent, in order; GET where the list ends. */
  constructor(methods: readonly string[]) {
    this.#methods = methods
  }

  /** Bytes that belong to no response yet. */
  get rest(): string {
    return this.#rest
  }

  feed(text: string): void {
    let more: string | null = text
    while (more !== null && more !== '') {
      if (this.#open === null) {
        this.#rest += more
        const end = this.#rest.indexOf('\r\n\r\n')
        if (end === -1) return
        more = this.#rest.slice(end + 4)
        const response = new SeenResponse(this.#rest.slice(0, end), this.#methods[this.responses.length] ?? 'GET')
        this.#rest = ''
        if (response.status >= 100 && response.status < 200 && response.status !== 101) {
          response.complete = true
          this.interim.push(response)
          continue
        }
        this.#open = response
        this.responses.push(response)
      }
      more = this.#open.reader.take(more)
      if (more === null) return
      this.#open.complete = true
      this.#open = null
    }
  }

  /** The peer's orderly end: completes a body that is delimited by it. */
  finish(): void {
    if (this.#open === null) return
    const lengths = framingOf(this.#open.fields, { kind: 'close' }, () => {})
    if (lengths.kind === 'close') this.#open.complete = true
    this.#open = null
  }
}
