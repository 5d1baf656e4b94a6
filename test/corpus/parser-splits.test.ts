// PI-04 in the parsers (I6): a message cut at any byte gets the verdict of the whole.

import t from 'tap'
import { ChunkedDecoder } from '../../src/http1/chunked.ts'
import { parseRequestHead, RequestScan } from '../../src/http1/parse-request.ts'
import { parseResponseHead, ResponseScan } from '../../src/http1/parse-response.ts'
import type { CorpusCase } from './case.ts'
import { CHUNKED } from './cases/chunked.ts'
import { CONNECTION } from './cases/connection.ts'
import { CONTENT_LENGTH } from './cases/content-length.ts'
import { FIELDS } from './cases/fields.ts'
import { HOST } from './cases/host.ts'
import { HOSTS } from './cases/hosts.ts'
import { PATHS } from './cases/paths.ts'
import { REQUEST_LINE } from './cases/request-line.ts'
import { RESPONSES } from './cases/responses.ts'
import { mutations, PLACES, TRANSFER_ENCODING } from './cases/transfer-encoding.ts'

const LIMITS = { requestLine: 8192, headerBytes: 32768, headerCount: 128 }
/** Longer inputs are cut at every so many bytes (a prime): their cost grows with the square. */
const EVERY_BYTE = 9000
const STRIDE = 199

const SECTIONS: readonly (readonly CorpusCase[])[] = [
  REQUEST_LINE,
  FIELDS,
  HOST,
  HOSTS,
  CONTENT_LENGTH,
  TRANSFER_ENCODING,
  CHUNKED,
  CONNECTION,
  PATHS,
  ...PLACES.map(mutations),
]

/** Cuts that give another verdict than the whole. */
function wrongCuts(bytes: string, verdict: (text: string) => number): string[] {
  const whole = verdict(bytes)
  const wrong: string[] = []
  for (let cut = 0; cut < bytes.length; cut += bytes.length > EVERY_BYTE ? STRIDE : 1) {
    const part = verdict(bytes.slice(0, cut))
    if (part !== 0 && part !== whole) wrong.push(`cut at ${cut}: ${part}, whole: ${whole}`)
    // The parser stops at the first verdict; a complete head stays one, so there is nothing more to see behind it.
    if (part !== 0) break
  }
  return wrong
}

t.test('request heads', async (t) => {
  const scan = new RequestScan()
  for (const section of SECTIONS) {
    for (const { id, bytes } of section) {
      const wrong = wrongCuts(bytes, (text) => parseRequestHead(text, LIMITS, scan))
      if (wrong.length > 0) t.fail(id, { wrong })
    }
  }
  t.ok(SECTIONS.flat().length > 1500, `${SECTIONS.flat().length} cases`)
})

t.test('response heads', async (t) => {
  const scan = new ResponseScan()
  for (const { id, origin } of RESPONSES) {
    const bytes = origin.send.filter((step) => typeof step === 'string').join('')
    const wrong = wrongCuts(bytes, (text) => parseResponseHead(text, false, scan))
    if (wrong.length > 0) t.fail(id, { wrong })
  }
  t.ok(RESPONSES.length > 60)
})

/** The result of decoding pieces: data, trailers and bytes used, or the error. */
function decode(text: string, cuts: readonly number[]): string {
  const decoder = new ChunkedDecoder()
  let data = ''
  let from = 0
  for (const cut of [...cuts, text.length]) {
    const piece = Buffer.from(text.slice(from, cut), 'latin1')
    const found = decoder.decode(piece, 0, piece.length)
    if (found < 0) return `error ${found}`
    data += piece.toString('latin1', 0, found)
    if (decoder.done) return `done at ${from + decoder.consumed}: ${data} ${decoder.trailers}`
    from = cut
  }
  return `open: ${data}`
}

t.test('chunked bodies', async (t) => {
  for (const { id, bytes } of CHUNKED) {
    const body = bytes.slice(bytes.indexOf('\r\n\r\n') + 4)
    const whole = decode(body, [])
    const stride = body.length > 2000 ? Math.ceil(body.length / 50) : 1
    const wrong: string[] = []
    for (let cut = 1; cut < body.length; cut += stride) {
      if (decode(body, [cut]) !== whole) wrong.push(`cut at ${cut}`)
    }
    if (body.length <= 20000) {
      const everywhere = Array.from({ length: Math.max(body.length - 1, 0) }, (_, i) => i + 1)
      if (decode(body, everywhere) !== whole) wrong.push('byte by byte')
    }
    if (wrong.length > 0) t.fail(id, { wrong })
  }
  t.ok(CHUNKED.length > 60)
})
