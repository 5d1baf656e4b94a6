// What stands around spans in a request of OTLP (opentelemetry.proto.collector.trace.v1): whose they are. It is written once.

import { ProtobufBytes, utf8Bytes, varintBytes } from './protobuf.ts'
import type { SpanChunk } from './span-writer.ts'

type Frame = (chunks: readonly SpanChunk[]) => Uint8Array

const SCOPE = 'headgate'
/** All of these messages have what is wanted of them in their fields 1 and 2. */
const [FIRST, SECOND] = [0x0a, 0x12]
const ROOM = 1024

export function protobufRequest(attributes: Readonly<Record<string, string>>): Frame {
  const pairs = Object.entries(attributes).map(([key, value]) =>
    message(FIRST, text(FIRST, key), message(SECOND, text(FIRST, value))),
  )
  const resource = message(FIRST, ...pairs)
  const scope = message(FIRST, text(FIRST, SCOPE))
  return (chunks) => {
    const spans = chunks.reduce((sum, { bytes }) => sum + bytes.length, scope.length)
    const whole = resource.length + 1 + varintBytes(spans) + spans
    const into = new ProtobufBytes(1 + varintBytes(whole) + whole)
    into.byte(FIRST)
    into.varint(whole)
    into.bytes(resource)
    into.byte(SECOND)
    into.varint(spans)
    into.bytes(scope)
    for (const { bytes } of chunks) into.bytes(bytes)
    return into.written
  }
}

export function jsonRequest(attributes: Readonly<Record<string, string>>): Frame {
  const pairs = Object.entries(attributes).map(([key, value]) => ({ key, value: { stringValue: value } }))
  const resource = JSON.stringify({ attributes: pairs })
  const before = Buffer.from(
    `{"resourceSpans":[{"resource":${resource},"scopeSpans":[{"scope":${JSON.stringify({ name: SCOPE })},"spans":[`,
  )
  const [comma, after] = [Buffer.from(','), Buffer.from(']}]}]}')]
  return (chunks) => {
    const parts = chunks.flatMap(({ bytes }, i) => (i === 0 ? [bytes] : [comma, bytes]))
    return Buffer.concat([before, ...parts, after])
  }
}

function message(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const into = new ProtobufBytes(ROOM)
  into.byte(tag)
  into.varint(parts.reduce((sum, { length }) => sum + length, 0))
  for (const part of parts) into.bytes(part)
  return into.written
}

function text(tag: number, value: string): Uint8Array {
  const into = new ProtobufBytes(ROOM)
  const bytes = utf8Bytes(value)
  into.byte(tag)
  into.varint(bytes)
  into.utf8(value, bytes)
  return into.written
}
