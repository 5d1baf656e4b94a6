// Parses heads as a whole and at every cut, and names what was found wrong.

import { ERROR } from '../../src/http1/parse-errors.ts'
import { type HeadLimits, parseRequestHead, RequestScan } from '../../src/http1/parse-request.ts'
import { parseResponseHead, ResponseScan } from '../../src/http1/parse-response.ts'

export const LIMITS: HeadLimits = { requestLine: 8192, headerBytes: 32_768, headerCount: 128 }

/** The name of a negated ERROR; the number itself for what is none. */
export function nameOf(code: number): string | number {
  if (code >= 0) return code
  return Object.entries(ERROR).find(([, value]) => value === -code)?.[0] ?? code
}

/** The verdict over `text`: the bytes consumed or the name of the error. The scan is that of this parse. */
export function parseRequest(text: string, limits: HeadLimits = LIMITS): { verdict: string | number; scan: RequestScan } {
  const scan = new RequestScan()
  return { verdict: nameOf(parseRequestHead(text, limits, scan)), scan }
}

export function parseResponse(text: string, head = false): { verdict: string | number; scan: ResponseScan } {
  const scan = new ResponseScan()
  return { verdict: nameOf(parseResponseHead(text, head, scan)), scan }
}

/** Verdicts over growing prefixes of `text`, without those that ask for more; one entry when all cuts agree. */
export function verdictsOfPrefixes(text: string, parse: (prefix: string) => string | number): (string | number)[] {
  const found = new Set<string | number>()
  for (let end = 1; end <= text.length; end++) {
    const verdict = parse(text.slice(0, end))
    if (verdict !== 0) found.add(verdict)
  }
  return [...found]
}
