// What a parser may find wrong: codes that parsers return negated, and what each means to the client or the operator.

import type { ReasonCode } from '../model/reasons.ts'

export interface ParseError {
  readonly reason: ReasonCode
  readonly detail: string
}

/** Index = code. Code 0 is not an error (incomplete). */
const PARSE_ERRORS: ParseError[] = [{ reason: 'bad-request', detail: '' }]

function define(reason: ReasonCode, detail: string): number {
  return PARSE_ERRORS.push({ reason, detail }) - 1
}

const bad = (detail: string): number => define('bad-request', detail)

export const ERROR = {
  LINE_END: bad('a line does not end with CRLF'),
  METHOD: bad('the method is not a token'),
  METHOD_CASE: bad('methods are case-sensitive'),
  TARGET: bad('the request target holds a character that is not allowed'),
  TARGET_FORM: bad('the request target has a form that is not allowed here'),
  VERSION_SYNTAX: bad('the HTTP version is malformed'),
  VERSION: define('version', 'only HTTP/1.0 and HTTP/1.1 are served here'),
  EMPTY_LINES: bad('more than one empty line before the request line'),
  URI_TOO_LONG: define('uri-too-long', 'the request line is longer than limits.requestLine'),
  HEADER_BYTES: define('header-limit', 'the header fields are larger than limits.headerBytes'),
  HEADER_COUNT: define('header-limit', 'there are more header fields than limits.headerCount'),
  FIELD_NAME: bad('a field name is empty, malformed, or followed by white space'),
  FIELD_VALUE: bad('a field value holds a control character'),
  FOLD: bad('line folding is not allowed'),
  HOST_MISSING: bad('HTTP/1.1 needs a Host field'),
  HOST_MANY: bad('there is more than one Host field'),
  HOST: bad('the Host field is malformed'),
  HOST_MISMATCH: bad('the request target and the Host field name different hosts'),
  LENGTH: bad('Content-Length is not a plain decimal number'),
  LENGTH_MANY: bad('there is more than one Content-Length'),
  LENGTH_AND_CODING: bad('Content-Length and Transfer-Encoding exclude each other'),
  CODING: bad('Transfer-Encoding is malformed'),
  CODING_1_0: bad('HTTP/1.0 has no Transfer-Encoding'),
  CODING_UNKNOWN: define('not-implemented', 'only the chunked transfer coding is implemented'),
  CHUNK_SIZE: bad('a chunk size is malformed'),
  CHUNK_END: bad('chunk data does not end with CRLF'),
  CHUNK_EXTENSION: bad('chunk extensions are malformed or too large'),
  TRAILER: bad('a trailer field is malformed'),
  TRAILER_LIMIT: define('header-limit', 'the trailer fields are too large'),
  EXPECT: define('expectation-failed', 'only 100-continue can be expected'),
  METHOD_REFUSED: define('method-not-allowed', 'TRACE and CONNECT are not served'),
  MISDIRECTED: define('misdirected', 'https is not served on this connection'),
  MISDIRECTED_HOST: define('misdirected', 'another listener of this address serves that host'),
  PATH: bad('the path is malformed, leaves the root, or hides a separator'),
  UPGRADE_BODY: bad('an upgrade request must not carry a body'),
  BODY_LIMIT: define('body-limit', 'the body is larger than limits.bodyBytes'),
  BODY_CUT: bad('the connection was closed before the whole body had come'),
  STATUS_LINE: bad('the status line is malformed'),
} as const

/** The problem that a negated parser code stands for. */
export function parseError(code: number): ParseError {
  return PARSE_ERRORS[-code] ?? (PARSE_ERRORS[0] as ParseError)
}
