// Spans as OTLP has them in protobuf (opentelemetry.proto.trace.v1), several times as quickly as by way of objects: traces are to cost
// little where much is sampled.

import { ProtobufBytes, utf8Bytes, varintBytes } from './protobuf.ts'
import { flagsOf, type Key, type SpanChunk, type SpanHead, type SpanWriter } from './span-writer.ts'

/** Fields: their number with how they are written, as one byte each. */
const SPAN = { traceId: 0x0a, spanId: 0x12, parentId: 0x22, name: 0x2a, kind: 0x30, start: 0x39, end: 0x41 }
const SPAN_ATTRIBUTE = 0x4a
const SPAN_EVENT = 0x5a
const SPAN_STATUS = 0x7a
/** Number 16 takes two bytes. */
const SPAN_FLAGS = [0x85, 0x01] as const
const EVENT = { time: 0x09, name: 0x12, attribute: 0x1a }
const STATUS = { message: 0x12, code: 0x18 }
const STATUS_ERROR = 2
const VALUE = { text: 0x0a, int: 0x18, double: 0x21, list: 0x2a }
/** Of ScopeSpans. */
const SPANS = 0x12

const ROOM = 64 * 1024
const SCRATCH = 4096
/** 2^53 takes eight bytes; what is below zero is written as a double. */
const isInt = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

export class ProtobufSpans implements SpanWriter {
  count = 0
  readonly #out = new ProtobufBytes(ROOM)
  readonly #span = new ProtobufBytes(SCRATCH)
  readonly #event = new ProtobufBytes(SCRATCH)
  /** What attributes belong to. */
  #into = this.#span
  #tag = SPAN_ATTRIBUTE

  get length(): number {
    return this.#out.length
  }

  begin(head: SpanHead): void {
    const span = this.#span
    const { traceId, spanId, parentId } = head
    span.clear()
    this.#id(SPAN.traceId, traceId)
    this.#id(SPAN.spanId, spanId)
    if (parentId !== '') this.#id(SPAN.parentId, parentId)
    string(span, SPAN.name, head.name)
    span.byte(SPAN.kind)
    span.byte(head.kind)
    span.byte(SPAN.start)
    span.nanoseconds(head.start)
    span.byte(SPAN.end)
    span.nanoseconds(head.end)
    span.byte(SPAN_FLAGS[0])
    span.byte(SPAN_FLAGS[1])
    span.fixed32(flagsOf(head))
  }

  text(key: Key, value: string): void {
    if (this.#into.short(this.#tag, key.bytes, VALUE.text, value)) return
    const bytes = utf8Bytes(value)
    const into = this.#pair(key, 1 + varintBytes(bytes) + bytes)
    into.byte(VALUE.text)
    into.varint(bytes)
    into.utf8(value, bytes)
  }

  number(key: Key, value: number): void {
    if (isInt(value)) {
      const into = this.#pair(key, 1 + varintBytes(value))
      into.byte(VALUE.int)
      into.varint(value)
    } else {
      const into = this.#pair(key, 9)
      into.byte(VALUE.double)
      into.double(value)
    }
  }

  texts(key: Key, values: readonly string[]): void {
    let list = 0
    for (const value of values) {
      const whole = wholeBytes(utf8Bytes(value))
      list += 1 + varintBytes(whole) + whole
    }
    const into = this.#pair(key, 1 + varintBytes(list) + list)
    into.byte(VALUE.list)
    into.varint(list)
    for (const value of values) {
      const bytes = utf8Bytes(value)
      into.byte(0x0a)
      into.varint(wholeBytes(bytes))
      into.byte(VALUE.text)
      into.varint(bytes)
      into.utf8(value, bytes)
    }
  }

  beginEvent(name: string, time: number): void {
    const event = this.#event
    event.clear()
    event.byte(EVENT.time)
    event.nanoseconds(time)
    string(event, EVENT.name, name)
    this.#into = event
    this.#tag = EVENT.attribute
  }

  endEvent(): void {
    nested(this.#span, SPAN_EVENT, this.#event)
    this.#into = this.#span
    this.#tag = SPAN_ATTRIBUTE
  }

  end(failed: boolean, message: string): void {
    if (failed) {
      const status = this.#event
      status.clear()
      if (message !== '') string(status, STATUS.message, message)
      status.byte(STATUS.code)
      status.byte(STATUS_ERROR)
      nested(this.#span, SPAN_STATUS, status)
    }
    nested(this.#out, SPANS, this.#span)
    this.count++
  }

  take(): SpanChunk {
    const taken = { count: this.count, bytes: new Uint8Array(this.#out.written) }
    this.#out.clear()
    this.count = 0
    return taken
  }

  #id(tag: number, digits: string): void {
    this.#span.byte(tag)
    this.#span.byte(digits.length / 2)
    this.#span.hex(digits)
  }

  /** An attribute up to its value, of which the length is known. */
  #pair(key: Key, value: number): ProtobufBytes {
    const into = this.#into
    into.byte(this.#tag)
    into.varint(key.bytes.length + varintBytes(value) + value)
    into.bytes(key.bytes)
    into.varint(value)
    return into
  }
}

/** Of a value that is a text of so many bytes. */
const wholeBytes = (bytes: number): number => 1 + varintBytes(bytes) + bytes

function string(into: ProtobufBytes, tag: number, text: string): void {
  const bytes = utf8Bytes(text)
  into.byte(tag)
  into.varint(bytes)
  into.utf8(text, bytes)
}

function nested(into: ProtobufBytes, tag: number, message: ProtobufBytes): void {
  into.byte(tag)
  into.varint(message.length)
  into.bytes(message.written)
}
