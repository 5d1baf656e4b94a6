// Server-sent events by `fetch`: `EventSource` cannot send a token.

export interface StreamEvent {
  readonly event: string
  readonly data: string
}

/** Cuts what arrives into events, wherever the pieces end. Nothing is looked at twice: an event may be megabytes. */
export class EventParser {
  /** Of the line that has not ended yet. */
  #pieces: string[] = []
  #fields: Record<string, string> = {}

  push(text: string): StreamEvent[] {
    const events: StreamEvent[] = []
    const lines = text.split('\n')
    for (let i = 0; i < lines.length - 1; i++) {
      this.#pieces.push(lines[i] as string)
      const event = this.#line(this.#pieces.join(''))
      this.#pieces = []
      if (event !== null) events.push(event)
    }
    const rest = lines.at(-1) as string
    if (rest !== '') this.#pieces.push(rest)
    return events
  }

  /** An empty line ends an event. */
  #line(line: string): StreamEvent | null {
    if (line !== '') {
      const colon = line.indexOf(': ')
      this.#fields[line.slice(0, colon)] = line.slice(colon + 2)
      return null
    }
    const { event = 'message', data } = this.#fields
    this.#fields = {}
    return data === undefined ? null : { event, data }
  }
}

/** Calls `told` with each event until the stream ends. Rejects when it breaks; `refused` has the status when it does not begin. */
export async function readEvents(response: Response, told: (event: StreamEvent) => void, signal: AbortSignal): Promise<void> {
  const parser = new EventParser()
  const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream() as never).getReader()
  signal.addEventListener('abort', () => void reader.cancel().catch(() => {}))
  for (;;) {
    const { done, value } = (await reader.read()) as { done: boolean; value?: string }
    if (done) return
    for (const event of parser.push(value as string)) told(event)
  }
}
