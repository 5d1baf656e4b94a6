import fc from 'fast-check'
import t from 'tap'
import type { RouteRule, RouteTable } from '../../src/model/route-table.ts'
import { buildRouteTable } from '../../src/routing/build-route-table.ts'
import { fields, rule, type ShortMatch } from '../routing/rules.ts'
import { bytesPerCall } from './bytes-per-call.ts'

/** Every implementation of RouteTable, by name. */
const BUILDERS: Readonly<Record<string, typeof buildRouteTable>> = { compiled: buildRouteTable }

const none = fields()

for (const [name, build] of Object.entries(BUILDERS)) {
  const table = (...rules: RouteRule<string>[]): RouteTable<string> => build(rules, { caseSensitive: true })
  const get = (routes: RouteTable<string>, host: string, path: string, method = 'GET', f = none) =>
    routes.match(host, path, method, f)

  t.test(`${name}: hosts`, async (t) => {
    const routes = table(
      rule('any', []),
      rule('wild', ['*.example.org']),
      rule('deep', ['*.b.example.org']),
      rule('exact', ['a.example.org', 'x.b.example.org']),
      rule('exact-path', ['only.example.org'], { prefix: '/only' }),
      rule('every', ['*'], { prefix: '/every' }),
    )
    t.equal(get(routes, 'a.example.org', '/'), 'exact')
    t.equal(get(routes, 'x.b.example.org', '/'), 'exact')
    t.equal(get(routes, 'b.example.org', '/'), 'wild')
    t.equal(get(routes, 'c.b.example.org', '/'), 'deep')
    t.equal(get(routes, 'd.c.b.example.org', '/'), 'deep')
    t.equal(get(routes, 'd.c.example.org', '/'), 'wild')
    t.equal(get(routes, 'example.org', '/'), 'any', 'a wildcard does not cover its own name')
    t.equal(get(routes, 'evilexample.org', '/'), 'any', 'nor a name that ends alike')
    t.equal(get(routes, 'a.example.org.evil', '/'), 'any')
    t.equal(get(routes, 'evila.example.org', '/'), 'wild')
    t.equal(get(routes, '', '/'), 'any')
    t.equal(get(routes, '[::1]', '/'), 'any')
    t.equal(get(routes, 'only.example.org', '/only/1'), 'exact-path')
    t.equal(get(routes, 'only.example.org', '/'), 'wild', 'a miss of the host falls through to the wildcard')
    t.equal(get(routes, 'only.example', '/every'), 'every')
    t.equal(get(routes, 'a.example.org', '/every'), 'exact', 'a more specific host wins whatever the path')
    t.equal(get(routes, `${'x.'.repeat(5000)}example.org`, '/'), 'wild')
    t.equal(get(table(rule('a', ['a'])), 'b', '/'), null)
    t.equal(get(table(), 'b', '/'), null)
  })

  t.test(`${name}: paths`, async (t) => {
    const routes = table(
      rule('root', [], { prefix: '/' }),
      rule('a', [], { prefix: '/a' }),
      rule('ab', [], { prefix: '/a/b/' }),
      rule('exact', [], { exact: '/a/b' }),
      rule('exact-slash', [], { exact: '/a/c/' }),
      rule('cafe', [], { exact: '/café noir' }),
      rule('nested', [], { prefix: '/very/deep/path/of/many/segments' }),
    )
    t.equal(get(routes, 'h', '/'), 'root')
    t.equal(get(routes, 'h', '/x'), 'root')
    t.equal(get(routes, 'h', '/ab'), 'root', 'a prefix is whole segments')
    t.equal(get(routes, 'h', '/a'), 'a')
    t.equal(get(routes, 'h', '/a/'), 'a')
    t.equal(get(routes, 'h', '/a/bc'), 'a')
    t.equal(get(routes, 'h', '/a/b'), 'exact')
    t.equal(get(routes, 'h', '/a/b/'), 'ab')
    t.equal(get(routes, 'h', '/a/b/c'), 'ab')
    t.equal(get(routes, 'h', '/a/c'), 'a')
    t.equal(get(routes, 'h', '/a/c/'), 'exact-slash')
    t.equal(get(routes, 'h', '/A'), 'root')
    t.equal(get(routes, 'h', '/caf%C3%A9%20noir'), 'cafe')
    t.equal(get(routes, 'h', '/very/deep/path/of/many/segment'), 'root')
    t.equal(get(routes, 'h', '/very/deep/path/of/many/segments'), 'nested')
    t.equal(get(routes, 'h', '/very/deep/path/of/many/segments/and/more'), 'nested')
    t.equal(get(routes, 'h', '/very/deep/path/of/many/segmentsandmore'), 'root')
    t.equal(get(routes, 'h', '*'), 'root')
    t.equal(get(routes, 'h', '/a//b'), 'a')
    t.equal(get(routes, 'h', `/a${'/x'.repeat(4000)}`), 'a')
    t.equal(get(table(rule('x', [], { exact: '/x' })), 'h', '/x/'), null)
  })

  t.test(`${name}: case of paths`, async (t) => {
    const rules = [rule('p', [], { prefix: '/Users' }), rule('e', [], { exact: '/X%2f' }), rule('r', [], { regex: '/[A-C]+' })]
    const folded = build(rules, { caseSensitive: false })
    const strict = build(rules, { caseSensitive: true })
    for (const [path, value] of [
      ['/USERS/1', 'p'],
      ['/x%2F', 'e'],
      ['/abC', 'r'],
    ] as const) {
      t.equal(get(folded, 'h', path), value)
      t.equal(get(strict, 'h', path), null)
    }
    t.equal(get(strict, 'h', '/Users/1'), 'p')
    t.equal(get(strict, 'h', '/X%2F'), 'e')
    t.equal(get(strict, 'h', '/ABC'), 'r')
  })

  t.test(`${name}: regexes match whole paths and rank by length after prefixes`, async (t) => {
    const routes = table(
      rule('short', [], { prefix: '/u' }),
      rule('long', [], { prefix: '/u/12345/long' }),
      rule('regex', [], { regex: '/u/\\d+' }),
      rule('same', [], { regex: '/abc.' }),
      rule('same-prefix', [], { prefix: '/abcd' }),
      rule('tail', [], { regex: '.*\\.png' }),
      rule('alternation', [], { regex: '/one|/two' }),
      rule('optional', [], { regex: '/https?' }),
    )
    t.equal(get(routes, 'h', '/u/1'), 'regex')
    t.equal(get(routes, 'h', '/u/1/'), 'short')
    t.equal(get(routes, 'h', '/x/u/1'), null)
    t.equal(get(routes, 'h', '/u/12345/long'), 'long')
    t.equal(get(routes, 'h', '/abcd'), 'same-prefix')
    t.equal(get(routes, 'h', '/abce'), 'same')
    t.equal(get(routes, 'h', '/a/b.png'), 'tail')
    t.equal(get(routes, 'h', '/a/b.pngx'), null)
    t.equal(get(routes, 'h', '/two'), 'alternation')
    t.equal(get(routes, 'h', '/http'), 'optional')
    t.equal(get(routes, 'h', '/https'), 'optional')
    t.throws(() => table(rule('bad', [], { regex: '(?=x)' })), 'RE2 has no look-ahead')
    const evil = table(rule('evil', [], { regex: '/(a+)+b' }))
    t.equal(get(evil, 'h', `/${'a'.repeat(50_000)}`), null, 'and no catastrophe')
  })

  t.test(`${name}: predicates`, async (t) => {
    const routes = table(
      rule('any', [], { prefix: '/' }),
      rule('post', [], { prefix: '/', methods: ['POST', 'PUT'] }),
      rule('header', [], { prefix: '/', headers: { 'X-Env': 'canary' } }),
      rule('two', [], { prefix: '/', headers: { 'x-env': 'canary' }, cookies: { beta: '1' } }),
      rule('query', [], { prefix: '/', query: { v: /2\..*/ } }),
      rule('header-query', [], { prefix: '/', headers: { 'x-env': 'canary' }, query: { v: '3' } }),
      rule('debug', [], { exact: '/debug', headers: { 'x-debug': true } }),
      rule('quiet', [], { exact: '/quiet', headers: { 'x-debug': false } }),
      rule('either', [], { exact: '/one' }, { exact: '/two', methods: ['GET'] }),
    )
    t.equal(get(routes, 'h', '/'), 'any')
    t.equal(get(routes, 'h', '/', 'PUT'), 'post')
    t.equal(get(routes, 'h', '/', 'put'), 'any', 'methods are compared with case')
    t.equal(get(routes, 'h', '/', 'POST', fields({ 'x-env': 'canary', cookie: 'beta=1' })), 'post', 'a method before headers')
    t.equal(get(routes, 'h', '/', 'GET', fields({ 'x-env': 'canary' })), 'header')
    t.equal(get(routes, 'h', '/', 'GET', fields({ 'x-env': 'canary2' })), 'any')
    t.equal(get(routes, 'h', '/', 'GET', fields({ 'x-env': 'canary', cookie: 'beta=1' })), 'two', 'cookies count as headers')
    t.equal(get(routes, 'h', '/', 'GET', fields({ 'x-env': 'canary' }, 'v=2.1')), 'header', 'headers before query')
    t.equal(get(routes, 'h', '/', 'GET', fields({ 'x-env': 'canary' }, 'v=3')), 'header-query')
    t.equal(get(routes, 'h', '/', 'GET', fields({}, 'v=2.1')), 'query')
    t.equal(get(routes, 'h', '/', 'GET', fields({}, 'v=12.1')), 'any', 'a regex matches the whole value')
    t.equal(get(routes, 'h', '/debug', 'GET', fields({ 'x-debug': '' })), 'debug')
    t.equal(get(routes, 'h', '/debug'), 'any')
    t.equal(get(routes, 'h', '/quiet'), 'quiet')
    t.equal(get(routes, 'h', '/quiet', 'GET', fields({ 'x-debug': '1' })), 'any')
    t.equal(get(routes, 'h', '/two'), 'either')
    t.equal(get(routes, 'h', '/two', 'HEAD'), 'any')
  })

  t.test(`${name}: among equals the first written wins`, async (t) => {
    t.equal(get(table(rule('1', []), rule('2', [])), 'h', '/'), '1')
    t.equal(get(table(rule('1', [], { prefix: '/' }), rule('2', [])), 'h', '/'), '1')
    t.equal(get(table(rule('1', [], { regex: '/.b' }), rule('2', [], { regex: '/a.' })), 'h', '/ab'), '1')
    t.equal(get(table(rule('1', [], { regex: '/.b' }), rule('2', [], { regex: '/a.', methods: ['GET'] })), 'h', '/ab'), '2')
  })

  t.test(`${name}: a static hit allocates nothing, however many routes there are`, async (t) => {
    const many = Array.from({ length: 5000 }, (_, i) =>
      rule(`p${i}`, [`h${i}.example`, `*.w${i}.example`], { prefix: `/p/${i % 7}` }),
    )
    const routes = table(...many, rule('exact', ['h7.example'], { exact: '/exact/path' }))
    for (const [host, path, value] of [
      ['h7.example', '/exact/path', 'exact'],
      ['h7.example', '/p/0/and/more', 'p7'],
      ['a.b.w4242.example', '/p/0/and/more', 'p4242'],
      ['unknown.example', '/p/0', null],
    ] as const) {
      t.equal(get(routes, host, path), value)
      t.ok((await bytesPerCall(() => get(routes, host, path))) < 1, `${host}${path}`)
    }
  })

  t.test(`${name}: every one of many hosts and paths is found, and no other`, async (t) => {
    const known = new Map<string, string>()
    const spelled = (i: number) => [`n${(i * 7919) % 4001}.example`, `/${(i * 104_729) % 997}/${i}`] as const
    const rules = Array.from({ length: 20_000 }, (_, i) => {
      const [host, path] = spelled(i)
      known.set(host + path, String(i))
      return rule(String(i), [host], { exact: path })
    })
    const routes = table(...rules)
    let wrong = 0
    for (let i = 0; i < 25_000; i++) {
      const [host, path] = spelled(i)
      if (get(routes, host, path) !== (known.get(host + path) ?? null)) wrong++
    }
    t.equal(wrong, 0)
  })

  t.test(`${name}: many routes of many kinds agree with asking one route after the other`, async () => {
    const hosts = ['', 'a', 'b.a', 'c.b.a', '*.a', '*.b.a', 'x']
    const paths = ['/', '/a', '/a/b', '/a/b/c', '/ab', '/a/', '/b/']
    const match = fc.record<ShortMatch>(
      {
        exact: fc.constantFrom(...paths),
        prefix: fc.constantFrom(...paths),
        regex: fc.constantFrom('/.*', '/a/.', '/(a|b).*', '/a/b/c'),
        methods: fc.subarray(['GET', 'POST'], { minLength: 1 }),
        headers: fc.dictionary(fc.constantFrom('p', 'q'), fc.constantFrom('1', '2'), { maxKeys: 2 }),
        query: fc.dictionary(fc.constantFrom('r', 's'), fc.constantFrom('1', '2'), { maxKeys: 2 }),
      },
      { requiredKeys: [] },
    )
    const anyRule = fc.tuple(fc.subarray(hosts, { maxLength: 3 }), fc.array(match, { maxLength: 2 }))
    const request = fc.record({
      host: fc.constantFrom('a', 'b.a', 'c.b.a', 'd.c.b.a', 'x', 'y', ''),
      path: fc.constantFrom(...paths, '/a/b/', '/a/x', '/b', '/zz', '/a/b/c/d'),
      method: fc.constantFrom('GET', 'POST', 'HEAD'),
      headers: fc.dictionary(fc.constantFrom('p', 'q'), fc.constantFrom('1', '2')),
      query: fc.constantFrom('', 'r=1', 'r=2&s=1', 's=2'),
    })
    fc.assert(
      fc.property(
        fc.array(anyRule, { maxLength: 12 }),
        fc.array(request, { minLength: 8, maxLength: 8 }),
        (shorts, requests) => {
          const rules = shorts.map(([of, matches], i) => rule(String(i), of.includes('') ? [] : of, ...matches))
          const routes = table(...rules)
          for (const r of requests) {
            const f = fields(r.headers, r.query)
            const found = routes.match(r.host, r.path, r.method, f)
            const expected = oneAfterTheOther(rules, r.host, r.path, r.method, f)
            if (found !== expected) throw new Error(`${JSON.stringify(r)}: ${found}, not ${expected}`)
          }
        },
      ),
      { numRuns: 1500, seed: 5 },
    )
  })
}

/** The precedence as it is written down, without any index. */
function oneAfterTheOther(
  rules: readonly RouteRule<string>[],
  host: string,
  path: string,
  method: string,
  f: ReturnType<typeof fields>,
): string | null {
  let best: { value: string; rank: readonly number[] } | null = null
  for (const { hosts, match, value } of rules) {
    for (const written of hosts.length === 0 ? ['*'] : hosts) {
      const suffix = written.slice(1)
      const wild = written.startsWith('*')
      if (wild ? !(written === '*' || (host.endsWith(suffix) && host.length > suffix.length)) : written !== host) continue
      for (const m of match.length === 0 ? [null] : match) {
        const type = m?.path?.type ?? 'prefix'
        const wanted = m?.path?.value ?? '/'
        const prefix = wanted.replace(/\/$/, '')
        const isMatch =
          type === 'exact'
            ? path === wanted
            : type === 'regex'
              ? new RegExp(`^(?:${wanted})$`).test(path)
              : path === prefix || path.startsWith(`${prefix}/`)
        const holds =
          m === null ||
          ((m.methods.length === 0 || m.methods.includes(method)) &&
            m.headers.every((h) => h.match.type === 'exact' && f.header(h.name) === h.match.value) &&
            m.query.every((q) => q.match.type === 'exact' && f.query(q.name) === q.match.value))
        if (!isMatch || !holds) continue
        const rank = [
          ...(wild ? [0, written.length] : [1, 0]),
          type === 'exact' ? 1 : 0,
          type === 'exact' ? 0 : type === 'regex' ? wanted.length : Math.max(prefix.length, 1),
          type === 'prefix' ? 1 : 0,
          m !== null && m.methods.length > 0 ? 1 : 0,
          m === null ? 0 : m.headers.length,
          m === null ? 0 : m.query.length,
        ]
        if (best === null || isHigher(rank, best.rank)) best = { value, rank }
      }
    }
  }
  return best === null ? null : best.value
}

function isHigher(rank: readonly number[], than: readonly number[]): boolean {
  const at = rank.findIndex((part, i) => part !== than[i])
  return at >= 0 && (rank[at] as number) > (than[at] as number)
}
