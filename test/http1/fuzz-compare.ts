// One case of the fuzz: what our reader says about some bytes beside what llhttp says. Each difference is one line of text.

import { METHODS } from 'node:http'
import { ChunkedDecoder } from '../../src/http1/chunked.ts'
import { type HeadLimits, parseRequestHead, RequestScan } from '../../src/http1/parse-request.ts'
import { parseResponseHead, ResponseScan } from '../../src/http1/parse-response.ts'
import { type HostMemo, readRequest } from '../../src/http1/read-request.ts'
import type { FieldScan } from '../../src/http1/scan-fields.ts'
import { requestHead } from '../../src/http1/serialize.ts'
import { trailerFields } from '../../src/http1/trailers.ts'
import { type Downstream, Exchange } from '../../src/model/exchange.ts'
import { BODY } from '../../src/model/message.ts'
import type { ServedListener } from '../../src/model/snapshot.ts'
import { type Reading, type ReadMessage, type RequestOracle, readResponse } from './fuzz-llhttp.ts'
import type { Dice } from './fuzz-random.ts'

/** What became of a case. `refused`: by us; then llhttp is not asked. */
export interface Verdict {
  readonly kind: 'refused' | 'incomplete' | 'same' | 'stricter' | 'different'
  readonly problems: readonly string[]
}

const LIMITS: HeadLimits = { requestLine: 8192, headerBytes: 32768, headerCount: 128 }
const SENTINEL = 'GET /sentinel HTTP/1.1\r\nHost: s\r\n\r\n'
const LISTENER = { paths: { mergeSlashes: true, encodedSlash: 'keep', caseSensitive: true } } as unknown as ServedListener

const scan = new RequestScan()
const responseScan = new ResponseScan()

const REFUSED: Verdict = { kind: 'refused', problems: [] }
const INCOMPLETE: Verdict = { kind: 'incomplete', problems: [] }

/** Names and values by turns, as llhttp lists them. */
function fieldList(fields: FieldScan): string[] {
  const list: string[] = []
  for (let i = 0; i < fields.count; i++) {
    list.push(fields.text.slice(fields.at[4 * i], fields.at[4 * i + 1]), fields.value(i))
  }
  return list
}

interface Body {
  readonly data: string
  readonly trailers: string
  /** Bytes used. */
  readonly length: number
}

/** The body at the start of `rest`: null = incomplete, a number = refused. */
function readBody(kind: number, length: number, rest: string): Body | null | number {
  if (kind === BODY.NONE) return { data: '', trailers: '', length: 0 }
  if (kind === BODY.CLOSE) return { data: rest, trailers: '', length: rest.length }
  if (kind === BODY.LENGTH) return rest.length < length ? null : { data: rest.slice(0, length), trailers: '', length }
  return decode(rest, [rest.length])
}

/** Decodes a chunked body that comes in pieces of these sizes (the last takes all that is left). */
export function decode(text: string, sizes: readonly number[]): Body | null | number {
  const decoder = new ChunkedDecoder()
  let data = ''
  let at = 0
  for (let turn = 0; at < text.length; turn++) {
    const size = turn < sizes.length - 1 ? (sizes[turn] as number) : text.length - at
    const piece = Buffer.from(text.slice(at, at + size), 'latin1')
    const found = decoder.decode(piece, 0, piece.length)
    if (found < 0) return found
    data += piece.toString('latin1', 0, found)
    if (decoder.done) return { data, trailers: decoder.trailers, length: at + decoder.consumed }
    at += size
  }
  return null
}

function compareMessage(
  problems: string[],
  got: ReadMessage | undefined,
  wanted: Omit<ReadMessage, 'complete' | 'trailers'>,
): void {
  if (got === undefined) return void problems.push('llhttp read no message')
  const differ = (what: string, a: unknown, b: unknown): void => {
    if (JSON.stringify(a) !== JSON.stringify(b)) problems.push(`${what}: llhttp ${JSON.stringify(a)}, we ${JSON.stringify(b)}`)
  }
  differ('method', got.method, wanted.method)
  differ('target', got.url, wanted.url)
  differ('status', got.status, wanted.status)
  differ('phrase', got.phrase, wanted.phrase)
  differ('version', got.version, wanted.version)
  differ('fields', got.fields, wanted.fields)
  differ('body', got.body, wanted.body)
  if (!got.complete) problems.push('llhttp saw no end of the message')
}

/** The first verdict over growing prefixes must be the verdict of the whole (I6). */
function compareCuts(dice: Dice, bytes: string, whole: number, parse: (text: string) => number): string[] {
  const problems: string[] = []
  for (let i = 0; i < 3; i++) {
    const cut = dice.below(bytes.length)
    const part = parse(bytes.slice(0, cut))
    if (part !== 0 && part !== whole) problems.push(`cut at ${cut}: ${part}, whole: ${whole}`)
  }
  return problems
}

/** What llhttp may refuse that we take: versions behind 1.1 (RFC 9110 2.5) and methods that it has no number for. */
function isStricter(reading: Reading, version: string, method: string): boolean {
  if (reading.error === 'HPE_INVALID_VERSION') return version !== '1.0' && version !== '1.1'
  return reading.error === 'HPE_INVALID_METHOD' && !METHODS.includes(method)
}

/**
 * Trailers that llhttp takes for fields of the message (RFC 9110 6.5.1 forbids them, and we drop them): it refuses the message or
 * ends the connection, so only what is sent on can be compared.
 */
const hasFramingTrailer = (trailers: string): boolean =>
  /^(?:content-length|transfer-encoding|connection|proxy-connection|upgrade):/im.test(trailers)

const STRICTER: Verdict = { kind: 'stricter', problems: [] }

const verdictOf = (problems: readonly string[]): Verdict => ({ kind: problems.length === 0 ? 'same' : 'different', problems })

/** A request and the bytes behind it: as received, and as it is sent on. */
export async function compareRequest(dice: Dice, oracle: RequestOracle, bytes: string): Promise<Verdict> {
  const parse = (text: string): number => parseRequestHead(text, LIMITS, scan)
  const whole = parse(bytes)
  const cuts = compareCuts(dice, bytes, whole, parse)
  if (cuts.length > 0) return verdictOf(cuts)
  const consumed = parse(bytes)
  if (consumed === 0) return INCOMPLETE
  if (consumed < 0) return REFUSED
  const x = new Exchange({} as Downstream, LISTENER, 0)
  const memo: HostMemo = { authority: '', host: '' }
  const wanted = {
    method: scan.method,
    url: bytes.slice(scan.targetStart, scan.targetEnd),
    status: 0,
    phrase: '',
    version: bytes.slice(scan.targetEnd + 6, scan.targetEnd + 9),
    fields: fieldList(scan.fields),
  }
  if (readRequest(scan, x, memo, false) < 0) return REFUSED
  const body = readBody(scan.body, scan.length, bytes.slice(consumed))
  if (body === null) return INCOMPLETE
  if (typeof body === 'number') return REFUSED
  const closes = scan.close || (scan.minor === 0 && !scan.keepAlive) || (scan.upgrade !== -1 && scan.connectionUpgrade)
  const problems: string[] = []
  const message = bytes.slice(0, consumed + body.length)
  const reading = await oracle.read(closes ? message : message + SENTINEL)
  const stricter = isStricter(reading, wanted.version, wanted.method) || hasFramingTrailer(body.trailers)
  if (!stricter) {
    if (reading.error !== '') problems.push(`llhttp: ${reading.error}`)
    compareMessage(problems, reading.messages[0], { ...wanted, body: body.data })
    compareSentinel(problems, reading, closes)
  }
  await compareForwarded(problems, oracle, x, body)
  return stricter && problems.length === 0 ? STRICTER : verdictOf(problems)
}

function compareSentinel(problems: string[], reading: Reading, closes: boolean): void {
  const expected = closes ? 1 : 2
  if (reading.messages.length !== expected) problems.push(`llhttp read ${reading.messages.length} messages, wanted ${expected}`)
  else if (!closes && reading.messages[1]?.url !== '/sentinel') problems.push('llhttp found the next request elsewhere')
}

/** The canonical bytes that the endpoint gets. */
async function compareForwarded(problems: string[], oracle: RequestOracle, x: Exchange, body: Body): Promise<void> {
  // No route lists these protocols.
  x.upgrade = ''
  const head = requestHead(x, x.fields, x.authority)
  const fields: string[] = []
  for (const line of head.split('\r\n').slice(1, -2)) {
    const colon = line.indexOf(':')
    fields.push(line.slice(0, colon), line.slice(colon + 2))
  }
  const trailers = trailerFields(body.trailers)
  const text =
    x.body === BODY.STREAM
      ? `${body.data === '' ? '' : `${body.data.length.toString(16)}\r\n${body.data}\r\n`}0\r\n${trailers}\r\n`
      : body.data
  const reading = await oracle.read(head + text + SENTINEL)
  if (reading.error === 'HPE_INVALID_METHOD' && !METHODS.includes(x.method)) return
  const before = problems.length
  if (reading.error !== '') problems.push(`llhttp: ${reading.error}`)
  compareMessage(problems, reading.messages[0], {
    method: x.method,
    url: x.path + x.query,
    status: 0,
    phrase: '',
    version: '1.1',
    fields,
    body: body.data,
  })
  compareSentinel(problems, reading, false)
  if (problems.length > before) problems.push(`as forwarded: ${JSON.stringify(head)}`)
}

/** A final response to a request with this method. */
export async function compareResponse(dice: Dice, bytes: string, method: string): Promise<Verdict> {
  const parse = (text: string): number => parseResponseHead(text, method === 'HEAD', responseScan)
  const whole = parse(bytes)
  const cuts = compareCuts(dice, bytes, whole, parse)
  if (cuts.length > 0) return verdictOf(cuts)
  const consumed = parse(bytes)
  if (consumed === 0) return INCOMPLETE
  if (consumed < 0 || responseScan.status < 200) return REFUSED
  const { status, phraseOk, phraseEnd, fields } = responseScan
  const body = readBody(responseScan.body, responseScan.length, bytes.slice(consumed))
  if (body === null) return INCOMPLETE
  if (typeof body === 'number') return REFUSED
  const wanted = {
    method: '',
    url: '',
    status,
    phrase: bytes.slice(13, phraseEnd),
    version: bytes.slice(5, 8),
    fields: fieldList(fields),
    body: body.data,
  }
  const reading = await readResponse(bytes.slice(0, consumed + body.length), method)
  if (isStricter(reading, wanted.version, '') || hasFramingTrailer(body.trailers)) return STRICTER
  const problems: string[] = []
  if (reading.error !== '') problems.push(`llhttp: ${reading.error}`)
  const got = reading.messages[0]
  // A phrase that is not fit is not passed on: whatever llhttp makes of it.
  compareMessage(problems, got, phraseOk ? wanted : { ...wanted, phrase: got?.phrase ?? '' })
  return verdictOf(problems)
}

/** A chunked body and the bytes behind it. */
export async function compareChunked(dice: Dice, oracle: RequestOracle, bytes: string): Promise<Verdict> {
  const body = readBody(BODY.STREAM, 0, bytes)
  const sizes = Array.from({ length: 1 + dice.below(6) }, () => 1 + dice.below(6))
  const pieces = decode(bytes, sizes)
  if (JSON.stringify(pieces) !== JSON.stringify(body)) {
    return verdictOf([`in pieces of ${sizes}: ${JSON.stringify(pieces)}, whole: ${JSON.stringify(body)}`])
  }
  if (body === null) return INCOMPLETE
  if (typeof body === 'number') return REFUSED
  if (hasFramingTrailer(body.trailers)) return STRICTER
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
  const reading = await oracle.read(head + bytes.slice(0, body.length) + SENTINEL)
  const problems: string[] = []
  if (reading.error !== '') problems.push(`llhttp: ${reading.error}`)
  const got = reading.messages[0]
  if (got?.body !== body.data) problems.push(`body: llhttp ${JSON.stringify(got?.body)}, we ${JSON.stringify(body.data)}`)
  const names = got?.trailers.filter((_, at) => at % 2 === 0).join()
  const ours = body.trailers
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line) => line.slice(0, line.indexOf(':')))
    .join()
  if (names !== ours) problems.push(`trailers: llhttp ${names}, we ${ours}`)
  compareSentinel(problems, reading, false)
  return verdictOf(problems)
}
