// Short spellings of route rules and request fields for tests.

import type { NamedMatch, RequestFields, RequestMatch, RouteRule } from '../../src/model/route-table.ts'
import { cookieValue, queryValue } from '../../src/routing/request-fields.ts'

type Values = Readonly<Record<string, string | RegExp | boolean>>

export interface ShortMatch {
  exact?: string
  prefix?: string
  regex?: string
  methods?: readonly string[]
  headers?: Values
  query?: Values
  cookies?: Values
}

export function rule<R>(value: R, hosts: readonly string[], ...match: readonly ShortMatch[]): RouteRule<R> {
  return { hosts, match: match.map(expand), value }
}

function expand(short: ShortMatch): RequestMatch {
  const type = short.exact !== undefined ? 'exact' : short.prefix !== undefined ? 'prefix' : 'regex'
  const value = short[type]
  return {
    path: value === undefined ? null : { type, value },
    methods: short.methods ?? [],
    headers: named(short.headers),
    query: named(short.query),
    cookies: named(short.cookies),
  }
}

function named(values: Values = {}): NamedMatch[] {
  return Object.entries(values).map(([name, value]) => {
    if (typeof value === 'string') return { name, match: { type: 'exact', value } }
    if (typeof value === 'boolean') return { name, match: { type: 'present', value } }
    return { name, match: { type: 'regex', value: value.source } }
  })
}

/** Fields of a request with these headers (names in lower case) and this query. */
export function fields(headers: Readonly<Record<string, string>> = {}, query = ''): RequestFields {
  return {
    header: (name) => headers[name] ?? null,
    query: (name) => queryValue(query, name),
    cookie: (name) => cookieValue(headers.cookie ?? '', name),
  }
}
