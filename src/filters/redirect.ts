// Sends the client elsewhere: a Location made of what is configured and, for the rest, of what was asked for.

import type { Exchange } from '../model/exchange.ts'
import { fieldValue } from '../model/field-text.ts'
import type { Filter } from '../model/filter.ts'
import { problem } from '../model/problem.ts'
import { normalizeHost, parseAuthority } from '../model/request-host.ts'
import { escapePath, escapeQuery } from './escape.ts'
import { refusedPath, replacePrefix, wholePath } from './new-path.ts'
import { compileTemplate, render } from './template.ts'

export interface RedirectOptions {
  /** null = as asked for. */
  readonly scheme: 'http' | 'https' | null
  readonly host: string | null
  readonly port: number | null
  readonly path: { readonly type: 'prefix' | 'path'; readonly value: string } | null
  readonly code: number
}

const WELL_KNOWN = { http: 80, https: 443 } as const

export function redirect(options: RedirectOptions): Filter {
  const { code, path } = options
  const make =
    path === null ? (x: Exchange) => x.path : path.type === 'prefix' ? replacePrefix(path.value) : wholePath(path.value)
  const name = options.host === null ? null : compileTemplate(options.host)
  return {
    name: 'redirect',
    onRequest(x) {
      const made = make(x)
      if (made === null) return refusedPath(x)
      const host = name === null ? x.host : normalizeHost(render(name, x))
      if (host === null) return problem('bad-request', 'the host that a filter makes is not valid', x.listener.detail)
      const location = originOf(x, options, host) + escapePath(made) + escapeQuery(x.query)
      return { status: code, fields: `location: ${location}\r\n`, body: '' }
    },
  }
}

/** '' when the request has no host: the Location is a path then. */
function originOf(x: Exchange, { scheme, port }: RedirectOptions, host: string): string {
  if (host === '') return ''
  const asked = schemeOf(x)
  const to = scheme ?? asked
  // A scheme without a port means its well-known port (Gateway API); nothing said means the port that was asked for.
  const number = port ?? (scheme === null ? (parseAuthority(x.authority)?.port ?? null) : null)
  return `${to}://${host}${number === null || number === WELL_KNOWN[to] ? '' : `:${number}`}`
}

/** The scheme that the client used, as far as we or a trusted hop know. */
function schemeOf(x: Exchange): 'http' | 'https' {
  const { peer } = x.downstream
  const said = peer.trusted ? fieldValue(x.head, 'x-forwarded-proto')?.toLowerCase() : undefined
  return said === 'http' || said === 'https' ? said : peer.secure ? 'https' : 'http'
}
