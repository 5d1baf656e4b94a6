// Paths that filters make: put together from what the operator wrote and what the client sent, then judged like a request's own.

import type { Exchange } from '../model/exchange.ts'
import type { LocalAnswer } from '../model/message.ts'
import { problem } from '../model/problem.ts'
import { normalizePath } from '../model/request-path.ts'
import { escapePath, escapeSegment } from './escape.ts'
import { compileTemplate, type Escape, render } from './template.ts'

/** How a path is made; null = what the client sent must not become part of one. */
export type PathMaker = (x: Exchange) => string | null

/** Longer paths than any request has are not made by honest substitutions. */
const MAX_LENGTH = 64 * 1024

/** A value that would be, or could become, a dot segment. */
const DOTS = /^\.{1,2}$/

/** In a path, a path stays one and anything else is text of one segment. */
export const inPath: Escape = (value, name) => {
  if (name === 'request.path') return escapePath(value)
  // Refused by `settle`: a lone `%` is no path.
  return DOTS.test(value) ? '%' : escapeSegment(value)
}

/** The whole path; templates allowed. */
export function wholePath(written: string): PathMaker {
  const template = compileTemplate(written, inPath)
  return (x) => settle(render(template, x), x)
}

/** `replacement` for the prefix by which the request was matched. A path that does not begin with it any more stays. */
export function replacePrefix(replacement: string): PathMaker {
  const template = compileTemplate(replacement.replace(/\/+$/, ''), inPath)
  return (x) => {
    const prefix = x.binding?.prefix ?? ''
    const { path } = x
    const rest = path.slice(prefix.length)
    if ((rest !== '' && rest[0] !== '/') || path.slice(0, prefix.length).toLowerCase() !== prefix.toLowerCase()) return path
    return settle(`${render(template, x)}${rest}` || '/', x)
  }
}

/** Normalised again: what leaves the root or hides a separator is refused. One decoding, as for any request. */
export function settle(path: string, x: Exchange): string | null {
  return path.length > MAX_LENGTH ? null : normalizePath(path, x.listener.paths)
}

export function refusedPath(x: Exchange): LocalAnswer {
  return problem('bad-request', 'the path that a filter makes of this one is not valid', x.listener.detail)
}
