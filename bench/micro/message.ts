// Heads in and out: parse, keep, serialize; and the chunked decoder.

import { ChunkedDecoder } from '../../src/http1/chunked.ts'
import { fillHead } from '../../src/http1/fill-head.ts'
import { keepFields } from '../../src/http1/keep-fields.ts'
import { parseRequestHead, RequestScan } from '../../src/http1/parse-request.ts'
import { parseResponseHead, ResponseScan } from '../../src/http1/parse-response.ts'
import { responseHead } from '../../src/http1/serialize.ts'
import { DROP_FROM_CLIENT } from '../../src/model/dropped-fields.ts'
import type { ResponseHead } from '../../src/model/message.ts'
import { bench, type Result } from './harness.ts'

const LIMITS = { requestLine: 8192, headerBytes: 32768, headerCount: 128 }

const SHORT = 'GET /users/4711?x=1 HTTP/1.1\r\nHost: api.example.com\r\n\r\n'
const BROWSER = [
  'GET /users/4711/orders?page=2 HTTP/1.1',
  'Host: api.example.com',
  'Connection: keep-alive',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-GB,en;q=0.9,de;q=0.8',
  'Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=1',
  'Cache-Control: max-age=0',
  'Upgrade-Insecure-Requests: 1',
  '',
  '',
].join('\r\n')
const RESPONSE = [
  'HTTP/1.1 200 OK',
  'Server: demo',
  'Date: Sat, 01 Aug 2026 10:00:00 GMT',
  'Content-Type: application/json',
  'Content-Length: 1024',
  'Connection: keep-alive',
  'ETag: "66ab-1f"',
  '',
  '',
].join('\r\n')
const CHUNKS = Buffer.from('400\r\n'.concat('x'.repeat(1024), '\r\n').repeat(16).concat('0\r\n\r\n'))

export default function message(): Result[] {
  const request = new RequestScan()
  const response = new ResponseScan()
  const head: ResponseHead = { status: 0, phrase: '', fields: '', body: 0, length: 0, dated: false }
  parseRequestHead(BROWSER, LIMITS, request)
  parseResponseHead(RESPONSE, false, response)
  const work = Buffer.alloc(CHUNKS.length)
  return [
    bench(`parse request, ${SHORT.length} bytes`, () => parseRequestHead(SHORT, LIMITS, request)),
    bench(`parse request, ${BROWSER.length} bytes`, () => parseRequestHead(BROWSER, LIMITS, request)),
    bench(`keep fields of a request`, () => {
      parseRequestHead(BROWSER, LIMITS, request)
      return keepFields(request.fields, DROP_FROM_CLIENT, request.nominated)
    }),
    bench(`parse response, ${RESPONSE.length} bytes`, () => parseResponseHead(RESPONSE, false, response)),
    bench('parse and serialize response', () => {
      parseResponseHead(RESPONSE, false, response)
      fillHead(head, response, RESPONSE)
      return responseHead(head, false, false, false, '')
    }),
    bench(`decode ${CHUNKS.length} bytes in 17 chunks`, () => {
      CHUNKS.copy(work)
      return new ChunkedDecoder().decode(work, 0, work.length)
    }),
  ]
}
