// Changes what the endpoint is asked for: the path, or the host.

import type { Exchange } from '../model/exchange.ts'
import type { Filter } from '../model/filter.ts'
import { problem } from '../model/problem.ts'
import { normalizeHost } from '../model/request-host.ts'
import { type PathMaker, refusedPath, replacePrefix, wholePath } from './new-path.ts'
import { substitution } from './substitute.ts'
import { compileTemplate, render } from './template.ts'

export interface RewriteOptions {
  readonly path:
    | null
    | { readonly type: 'prefix' | 'path'; readonly value: string }
    | { readonly type: 'regex'; readonly value: string; readonly to: string }
  /** null = stays. */
  readonly host: string | null
}

export function rewrite({ path, host }: RewriteOptions): Filter {
  const make = path === null ? null : makerOf(path)
  const name = host === null ? null : compileTemplate(host)
  return {
    name: 'rewrite',
    onRequest(x) {
      if (make !== null) {
        const made = make(x)
        if (made === null) return refusedPath(x)
        x.path = made
      }
      if (name !== null && !sendHost(x, render(name, x)))
        return problem('bad-request', 'the host that a filter makes is not valid', x.listener.detail)
      return null
    },
  }
}

function makerOf(path: NonNullable<RewriteOptions['path']>): PathMaker {
  if (path.type === 'regex') return substitution(path.value, path.to)
  return path.type === 'prefix' ? replacePrefix(path.value) : wholePath(path.value)
}

/** What the endpoint is told about the client (X-Forwarded-Host) has been written before, and stays. */
function sendHost(x: Exchange, host: string): boolean {
  if (normalizeHost(host) === null) return false
  x.authority = host
  x.hostRewritten = true
  return true
}
