// Spans as OTLP has them in JSON (opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): ids are hex, numbers of 64 bits texts.

import { flagsOf, type Key, nanosecondsBeyond, type SpanChunk, type SpanHead, type SpanWriter } from './span-writer.ts'

interface Pair {
  readonly key: string
  readonly value: object
}

const STATUS_ERROR = 2
const UTF_8 = new TextEncoder()

export class JsonSpans implements SpanWriter {
  #spans: string[] = []
  #length = 0
  #head: object = {}
  #attributes: Pair[] = []
  #events: object[] = []
  #event: { timeUnixNano: string; name: string; attributes: Pair[] } | null = null

  get count(): number {
    return this.#spans.length
  }

  get length(): number {
    return this.#length
  }

  begin(head: SpanHead): void {
    const { traceId, spanId, parentId, kind, name, start, end } = head
    const ids = { traceId, spanId, ...(parentId === '' ? {} : { parentSpanId: parentId }) }
    this.#head = { ...ids, name, kind, ...{ startTimeUnixNano: nano(start), endTimeUnixNano: nano(end), flags: flagsOf(head) } }
    this.#attributes = []
    this.#events = []
  }

  text({ name }: Key, value: string): void {
    this.#pair(name, { stringValue: value.toWellFormed() })
  }

  number({ name }: Key, value: number): void {
    this.#pair(name, Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value })
  }

  texts({ name }: Key, values: readonly string[]): void {
    this.#pair(name, { arrayValue: { values: values.map((value) => ({ stringValue: value.toWellFormed() })) } })
  }

  beginEvent(name: string, time: number): void {
    this.#event = { timeUnixNano: nano(time), name, attributes: [] }
    this.#events.push(this.#event)
  }

  endEvent(): void {
    this.#event = null
  }

  end(failed: boolean, message: string): void {
    const status = failed ? { code: STATUS_ERROR, ...(message === '' ? {} : { message }) } : {}
    const text = JSON.stringify({ ...this.#head, attributes: this.#attributes, events: this.#events, status })
    this.#spans.push(text)
    this.#length += text.length
  }

  take(): SpanChunk {
    const taken = { count: this.count, bytes: UTF_8.encode(this.#spans.join(',')) }
    this.#spans = []
    this.#length = 0
    return taken
  }

  #pair(key: string, value: object): void {
    const { attributes } = this.#event ?? { attributes: this.#attributes }
    attributes.push({ key, value })
  }
}

function nano(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  return String(BigInt(seconds) * 1_000_000_000n + BigInt(nanosecondsBeyond(seconds, ms)))
}
