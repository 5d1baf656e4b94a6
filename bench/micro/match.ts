// Route lookup and compilation at growing numbers of routes.

import type { RequestFields, RequestMatch, RouteRule } from '../../src/model/route-table.ts'
import { buildRouteTable } from '../../src/routing/build-route-table.ts'
import { bench, benchOnce, type Result } from './harness.ts'

const NO_FIELDS: RequestFields = { header: () => null, query: () => null, cookie: () => null }
const OPTIONS = { caseSensitive: true }

/** As in a large installation: ten routes a host; of ten, six prefixes, three exact paths and one with a header; some wildcards. */
function rules(count: number): RouteRule<number>[] {
  return Array.from({ length: count }, (_, i) => {
    const site = Math.floor(i / 10)
    const kind = i % 10
    const host = site % 8 === 7 ? `*.site-${site}.example.org` : `www.site-${site}.example.com`
    const path = { type: kind < 6 ? ('prefix' as const) : ('exact' as const), value: `/api/v1/resource-${kind}` }
    const headers = kind === 9 ? [{ name: 'x-env', match: { type: 'exact' as const, value: 'canary' } }] : []
    const match: RequestMatch = { path, methods: [], headers, query: [], cookies: [] }
    return { hosts: [host], match: [match], value: i }
  })
}

/** Fresh strings, as a parser cuts them out of a head: nothing about them is known in advance. */
function cut(text: string): string[] {
  return Array.from({ length: 1024 }, () => Buffer.from(text, 'latin1').toString('latin1'))
}

export default function match(): Result[] {
  const results: Result[] = []
  for (const count of [10, 1000, 100_000]) {
    const table = buildRouteTable(rules(count), OPTIONS)
    const site = Math.max(0, Math.floor(count / 20) - (Math.floor(count / 20) % 8))
    const host = `www.site-${site}.example.com`
    const wild = count > 10 ? `a.b.site-${site + 7}.example.org` : host
    const cases = {
      exact: [host, '/api/v1/resource-7'],
      prefix: [host, '/api/v1/resource-3/users/4711/orders'],
      'wildcard host': [wild, '/api/v1/resource-3/users/4711/orders'],
      'no route': ['www.unknown.example.com', '/api/v1/resource-3'],
    }
    for (const [name, [of, to]] of Object.entries(cases) as [string, [string, string]][]) {
      if ((table.match(of, to, 'GET', NO_FIELDS) === null) !== (name === 'no route'))
        throw new Error(`${name}: not as expected`)
      const hosts = cut(of)
      const paths = cut(to)
      const call = (i: number) => table.match(hosts[i & 1023] as string, paths[i & 1023] as string, 'GET', NO_FIELDS)
      results.push(bench(`match ${name}, ${count} routes`, call))
    }
  }
  for (const count of [1000, 10_000]) {
    const written = rules(count)
    results.push(benchOnce(`compile ${count} routes`, () => buildRouteTable(written, OPTIONS)))
  }
  return results
}
