// Spans in the forms of OTLP, beside what OpenTelemetry's own serializers make of the same.

import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import t, { type Test } from 'tap'
import { jsonRequest, protobufRequest } from '../../../src/telemetry/tracing/otlp-request.ts'
import { JsonSpans } from '../../../src/telemetry/tracing/span-json.ts'
import { ProtobufSpans } from '../../../src/telemetry/tracing/span-protobuf.ts'
import { type Key, SERVER, type SpanHead, type SpanWriter } from '../../../src/telemetry/tracing/span-writer.ts'
import { writeSpans } from '../../../src/telemetry/tracing/spans.ts'
import type { DecisionWords, TraceData } from '../../../src/telemetry/tracing/trace-data.ts'
import { type CollectedSpan, decodeSpans, readJsonSpans } from '../../support/otlp-collector.ts'
import { attemptRecord } from '../test-log.ts'
import { traceData } from './trace-data.ts'

const SAMPLED = 1

type ReadableSpan = Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0][number]
type Attributes = Record<string, string | number | string[]>

const RESOURCE = { 'service.name': 'ed\u00fcge', 'service.instance.id': 'i' }
const resource = { attributes: RESOURCE, merge: () => resource, getRawAttributes: () => Object.entries(RESOURCE) }

const hrTime = (ms: number): [number, number] => {
  const seconds = Math.floor(ms / 1000)
  return [seconds, Math.min(Math.round((ms - seconds * 1000) * 1e6), 999_999_999)]
}

/** Makes of the same calls what the serializers of OpenTelemetry take. */
class Readable implements SpanWriter {
  readonly spans: ReadableSpan[] = []
  readonly length = 0
  #head: SpanHead | null = null
  #attributes: Attributes = {}
  #event: Attributes | null = null
  #events: { time: [number, number]; name: string; attributes: Attributes }[] = []

  get count(): number {
    return this.spans.length
  }

  begin(head: SpanHead): void {
    this.#head = head
    this.#attributes = {}
    this.#events = []
  }

  text({ name }: Key, value: string): void {
    const into = this.#event ?? this.#attributes
    into[name] = value
  }

  number({ name }: Key, value: number): void {
    const into = this.#event ?? this.#attributes
    into[name] = value
  }

  texts({ name }: Key, values: readonly string[]): void {
    const into = this.#event ?? this.#attributes
    into[name] = [...values]
  }

  beginEvent(name: string, time: number): void {
    this.#event = {}
    this.#events.push({ time: hrTime(time), name, attributes: this.#event })
  }

  endEvent(): void {
    this.#event = null
  }

  end(failed: boolean, message: string): void {
    const { traceId, spanId, parentId, parentIsRemote, kind, name, start, end } = this.#head as SpanHead
    const parent = { traceId, spanId: parentId, traceFlags: SAMPLED, isRemote: parentIsRemote }
    this.spans.push({
      name,
      kind: kind - 1,
      spanContext: () => ({ traceId, spanId, traceFlags: SAMPLED }),
      ...(parentId === '' ? {} : { parentSpanContext: parent }),
      startTime: hrTime(start),
      endTime: hrTime(end),
      status: failed ? { code: 2, ...(message === '' ? {} : { message }) } : { code: 0 },
      attributes: this.#attributes,
      links: [],
      events: this.#events,
      duration: [0, 0],
      ended: true,
      resource,
      instrumentationScope: { name: 'headgate' },
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    } as ReadableSpan)
  }

  take(): never {
    throw new Error('not asked for')
  }
}

const FORMS = () =>
  [
    [new ProtobufSpans(), protobufRequest(RESOURCE), decodeSpans],
    [new JsonSpans(), jsonRequest(RESOURCE), readJsonSpans],
  ] as const

function compare(t: Test, write: (to: SpanWriter) => void, count: number): void {
  const [readable, protobuf, json] = [new Readable(), new ProtobufSpans(), new JsonSpans()]
  for (const to of [readable, protobuf, json]) write(to)
  t.same([readable.count, protobuf.count, json.count], [count, count, count])
  t.ok(protobuf.length > 0 && json.length > 0)
  const wanted = decodeSpans(Buffer.from(ProtobufTraceSerializer.serializeRequest(readable.spans) ?? []))
  t.equal(wanted.length, count)
  const sorted = (spans: readonly CollectedSpan[]) => spans.map((span) => ({ ...span }))
  t.same(sorted(decodeSpans(Buffer.from(protobufRequest(RESOURCE)([protobuf.take()])))), wanted)
  t.same(sorted(readJsonSpans(Buffer.from(jsonRequest(RESOURCE)([json.take()])))), wanted)
  t.same(readJsonSpans(Buffer.from(JsonTraceSerializer.serializeRequest(readable.spans) ?? [])), wanted)
  t.same([protobuf.count, protobuf.length, json.count, json.length], [0, 0, 0, 0])
}

const odd: Partial<TraceData> = {
  parentId: 'd'.repeat(16),
  path: `/${'\u00e4\u{1f600}'.repeat(40)}?sig=hush&x=${'y'.repeat(300)}`,
  host: 'b\u00fccher.test',
  userAgent: '',
  queueMs: 0.25,
  reason: 'upstream-error',
  status: 502,
  bytesIn: 2 ** 40,
  tlsVersion: 'TLSv1.3',
  upgrade: 'websocket',
  grpc: true,
  grpcStatus: 14,
  decision: { route: 'why', notes: ['a', '', 'x'.repeat(200)], filters: [], leftOut: ['\u00e9'], noRetry: 'no' },
}

t.test('an exchange as most are', async (t) => compare(t, (to) => writeSpans(to, traceData(2)), 2))

t.test('texts of every length around those that are written at once', async (t) => {
  const userAgents = Array.from({ length: 140 }, (_, length) => ['x'.repeat(length), `${'x'.repeat(length)}\u00e9`]).flat()
  const write = (to: SpanWriter): void => {
    for (const userAgent of userAgents) writeSpans(to, { ...traceData(1), userAgent })
  }
  compare(t, write, userAgents.length)
})

t.test('signatures are redacted, each by its name', async (t) => {
  const amz = ['Signature', 'Credential', 'Security-Token'].map((name) => `X-Amz-${name}`)
  for (const name of ['AWSAccessKeyId', 'Signature', 'sig', 'X-Goog-Signature', ...amz]) {
    const writer = new Readable()
    writeSpans(writer, traceData(2, { path: `/?a=1&${name}=hush&b=2`, sent: `/?${name}=hush` }))
    const [server, attempt] = writer.spans
    t.equal(server?.attributes['url.query'], `a=1&${name}=REDACTED&b=2`)
    t.match(attempt?.attributes['url.full'], new RegExp(`[?]${name}=REDACTED$`))
  }
  for (const query of ['design=1', 'sig', 'X-Amz-Date=1', 'signature=1']) {
    const writer = new Readable()
    writeSpans(writer, traceData(1, { path: `/?${query}` }))
    t.equal(writer.spans[0]?.attributes['url.query'], query)
  }
})

t.test('all that spans may say', async (t) => {
  const attempts = [
    { ...attemptRecord, outcome: 'reset', status: 0, detail: 'gone', reason: '', spanId: '1'.repeat(16) },
    { ...attemptRecord, endpoint: '[::1]:80', reason: 'reset', spanId: '2'.repeat(16) },
    { ...attemptRecord, endpoint: 'unix:/run/a.sock', status: 404, spanId: '3'.repeat(16) },
  ]
  compare(t, (to) => writeSpans(to, traceData(1, { ...odd, attempts })), 4)
})

t.test('what is not well-formed is replaced', async (t) => {
  for (const [writer, request, read] of FORMS()) {
    writeSpans(writer, traceData(1, { path: '/\ud800', decision: { ...(odd.decision as DecisionWords), notes: ['\udc00'] } }))
    const [span] = read(Buffer.from(request([writer.take()])))
    t.equal(span?.attributes['url.path'], '/\ufffd')
    t.same(span?.events[0]?.attributes['headgate.decision.notes'], ['\ufffd'])
  }
})

t.test('times, to the nanosecond', async (t) => {
  for (const start of [0, 1, 999.9999999, 65_536_000, 4_294_967_296.5, 1_795_290_021_332.4321, 4_102_444_800_000.25]) {
    const head = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentId: '', parentIsRemote: false, kind: SERVER } as const
    const write = (to: SpanWriter): void => {
      to.begin({ ...head, name: 'n', start, end: start + 0.0005 })
      to.end(false, '')
    }
    compare(t, write, 1)
  }
})

t.test('more than there is room for at first', async (t) => {
  const many = Array.from({ length: 300 }, (_, i) => traceData(3, { path: `/${'p'.repeat(i * 20)}` }))
  compare(
    t,
    (to) => {
      for (const each of many) writeSpans(to, each)
    },
    900,
  )
})

t.test('several chunks stand in one request', async (t) => {
  for (const [writer, request, read] of FORMS()) {
    const chunks = [1, 2, 3].map((spans) => {
      writeSpans(writer, traceData(spans))
      return writer.take()
    })
    t.same(
      chunks.map(({ count }) => count),
      [1, 2, 3],
    )
    t.equal(read(Buffer.from(request(chunks))).length, 6)
  }
})

t.test('tries are counted in the order in which they began, whichever ended first', (t) => {
  const writer = new Readable()
  const [first, hedge] = [
    { ...attemptRecord, startMs: 1, spanId: '1'.repeat(16) },
    { ...attemptRecord, startMs: 101, spanId: '2'.repeat(16), reason: 'hedge', outcome: 'cancelled' },
  ]
  writeSpans(writer, traceData(1, { attempts: [hedge, first] }))
  t.same(
    writer.spans.slice(1).map(({ attributes }) => attributes['http.request.resend_count']),
    [1, undefined],
  )
  t.end()
})
