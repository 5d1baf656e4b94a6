// A collector as tests see it: takes OTLP over HTTP, decodes the protobuf by itself (or reads the JSON), and gives out the spans.

import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Test } from 'tap'
import { until } from './until.ts'

export interface CollectedSpan {
  readonly service: string
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string
  readonly name: string
  /** 2 = server, 3 = client, as on the wire. */
  readonly kind: number
  /** Nanoseconds since the epoch. */
  readonly start: bigint
  readonly end: bigint
  readonly attributes: Readonly<Record<string, unknown>>
  /** 0 unset, 2 error. */
  readonly status: number
  readonly message: string
  readonly flags: number
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[]
}

type Fields = Map<number, (bigint | Buffer)[]>

/** Fields of a message by number; varints and fixed ones as numbers, the rest as bytes. */
function fieldsOf(bytes: Buffer): Fields {
  const found: Fields = new Map()
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new Error('the message ends in a number')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new Error('the message ends in a field')
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const type = tag & 7
    const value =
      type === 0
        ? varint()
        : type === 1
          ? take(8).readBigUInt64LE()
          : type === 5
            ? BigInt(take(4).readUInt32LE())
            : take(Number(varint()))
    if (type > 2 && type !== 5) throw new Error(`wire type ${type}`)
    found.set(tag >> 3, [...(found.get(tag >> 3) ?? []), value])
  }
  return found
}

const messages = (fields: Fields, number: number): Fields[] =>
  (fields.get(number) ?? []).map((each) => fieldsOf(each as Buffer))
const text = (fields: Fields, number: number): string => String((fields.get(number)?.[0] as Buffer | undefined) ?? '')
const hex = (fields: Fields, number: number): string =>
  ((fields.get(number)?.[0] as Buffer | undefined) ?? Buffer.alloc(0)).toString('hex')
const integer = (fields: Fields, number: number): bigint => (fields.get(number)?.[0] as bigint | undefined) ?? 0n

function anyValue(fields: Fields): unknown {
  if (fields.has(1)) return text(fields, 1)
  if (fields.has(2)) return integer(fields, 2) === 1n
  if (fields.has(3)) return Number(BigInt.asIntN(64, integer(fields, 3)))
  if (fields.has(4)) {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(integer(fields, 4))
    return bytes.readDoubleLE()
  }
  if (fields.has(5)) return messages(fieldsOf(fields.get(5)?.[0] as Buffer), 1).map(anyValue)
  return null
}

function attributesOf(fields: Fields, number: number): Record<string, unknown> {
  return Object.fromEntries(messages(fields, number).map((pair) => [text(pair, 1), anyValue(messages(pair, 2)[0] as Fields)]))
}

/** Of an ExportTraceServiceRequest. */
export function decodeSpans(body: Buffer): CollectedSpan[] {
  return messages(fieldsOf(body), 1).flatMap((resourceSpans) => {
    const resource = attributesOf(messages(resourceSpans, 1)[0] as Fields, 1)
    return messages(resourceSpans, 2).flatMap((scopeSpans) =>
      messages(scopeSpans, 2).map((span) => ({
        service: String(resource['service.name']),
        traceId: hex(span, 1),
        spanId: hex(span, 2),
        parentId: hex(span, 4),
        name: text(span, 5),
        kind: Number(integer(span, 6)),
        start: integer(span, 7),
        end: integer(span, 8),
        attributes: attributesOf(span, 9),
        status: Number(messages(span, 15)[0]?.get(3)?.[0] ?? 0n),
        message: text(messages(span, 15)[0] ?? new Map(), 2),
        flags: Number(integer(span, 16)),
        events: messages(span, 11).map((event) => ({ name: text(event, 2), attributes: attributesOf(event, 3) })),
      })),
    )
  })
}

interface JsonValue {
  readonly stringValue?: string
  readonly intValue?: number | string
  readonly doubleValue?: number
  readonly boolValue?: boolean
  readonly arrayValue?: { readonly values: readonly JsonValue[] }
}

const jsonValue = (value: JsonValue): unknown =>
  value.arrayValue?.values.map(jsonValue) ??
  value.stringValue ??
  value.boolValue ??
  value.doubleValue ??
  (value.intValue === undefined ? null : Number(value.intValue))

type JsonAttributes = readonly { readonly key: string; readonly value: JsonValue }[]

const jsonAttributes = (list: JsonAttributes): Record<string, unknown> =>
  Object.fromEntries(list.map(({ key, value }) => [key, jsonValue(value)]))

interface JsonSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: JsonAttributes
  readonly status?: { readonly code?: number; readonly message?: string }
  readonly flags?: number
  readonly events?: readonly { readonly name: string; readonly attributes: JsonAttributes }[]
}

interface JsonRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: JsonAttributes }
    readonly scopeSpans: readonly { readonly spans: readonly JsonSpan[] }[]
  }[]
}

export function readJsonSpans(body: Buffer): CollectedSpan[] {
  const { resourceSpans } = JSON.parse(body.toString()) as JsonRequest
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        service: String(jsonAttributes(resource.attributes)['service.name']),
        traceId: span.traceId,
        spanId: span.spanId,
        parentId: span.parentSpanId ?? '',
        name: span.name,
        kind: span.kind,
        start: BigInt(span.startTimeUnixNano),
        end: BigInt(span.endTimeUnixNano),
        attributes: jsonAttributes(span.attributes),
        status: span.status?.code ?? 0,
        message: span.status?.message ?? '',
        flags: span.flags ?? 0,
        events: (span.events ?? []).map(({ name, attributes }) => ({ name, attributes: jsonAttributes(attributes) })),
      })),
    ),
  )
}

export class Collector {
  readonly spans: CollectedSpan[] = []
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly bytes: number }[] = []
  /** What it answers; 0 = nothing at all. */
  status = 200
  port = 0

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  took(path: string, headers: IncomingHttpHeaders, body: Buffer): void {
    this.requests.push({ path, headers, bytes: body.length })
    if (this.status !== 200) return
    this.spans.push(...(headers['content-type'] === 'application/json' ? readJsonSpans(body) : decodeSpans(body)))
  }

  /** Waits for so many spans, those of servers first. */
  async wait(count: number): Promise<CollectedSpan[]> {
    await until(`${count} spans`, async () => this.spans.length >= count)
    return [...this.spans].sort((a, b) => a.kind - b.kind)
  }
}

export async function startCollector(t: Test): Promise<Collector> {
  const collector = new Collector()
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('error', () => {})
    request.on('end', () => {
      collector.took(request.url ?? '', request.headers, Buffer.concat(pieces))
      if (collector.status > 0) response.writeHead(collector.status, { 'content-type': 'application/x-protobuf' }).end()
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  collector.port = (server.address() as AddressInfo).port
  return collector
}
