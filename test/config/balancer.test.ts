// `balancer` of upstreams and `hash` of routes: what may be written, what it becomes, and what is refused where.

import t from 'tap'
import { BALANCERS } from '../../src/config/balancer-schema.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { formatProblem } from '../../src/config/problem.ts'

const text = (balancer: string, hash = ''): string => `listeners: [{ name: web, bind: "127.0.0.1:80" }]
routes:
  - { name: r, to: app${hash} }
upstreams:
  app:
    discovery: { static: ["127.0.0.1:3000"] }
    balancer: ${balancer}
`

function parse(written: string) {
  const parsed = parseConfig([{ name: 'f', text: written }])
  if ('errors' in parsed) return { errors: parsed.errors.map(formatProblem), warnings: [] }
  return { config: parsed.config, errors: [], warnings: parsed.warnings.map(formatProblem) }
}

const balancerOf = (written: string) => parse(text(written)).config?.upstreams.app?.balancer

t.test('every balancer by its name, and as type of a block', async (t) => {
  for (const type of BALANCERS) {
    t.strictSame(balancerOf(type), { type, key: null, boundedLoad: null })
    t.strictSame(balancerOf(`{ type: ${type} }`), { type, key: null, boundedLoad: null })
  }
})

const KEYS: readonly (readonly [written: string, key: object])[] = [
  ['{ header: X-User }', { type: 'header', name: 'x-user' }],
  ['{ cookie: Session }', { type: 'cookie', name: 'Session' }],
  ['{ query: user id }', { type: 'query', name: 'user id' }],
  ['{ path: true }', { type: 'path' }],
  ['{ source-ip: true }', { type: 'source-ip' }],
]

for (const [written, key] of KEYS) {
  t.test(`the key ${written}`, async (t) => {
    for (const type of ['ring-hash', 'maglev', 'rendezvous'])
      t.strictSame(balancerOf(`{ type: ${type}, key: ${written} }`), { type, key, boundedLoad: null })
    const { config } = parse(text('maglev', `, hash: ${written}`))
    t.strictSame(config?.routes[0]?.hash, key)
  })
}

t.test('bounded loads', async (t) => {
  t.equal(balancerOf('{ type: ring-hash, boundedLoad: 125% }')?.boundedLoad, 1.25)
  t.equal(balancerOf('{ type: ring-hash, boundedLoad: off }')?.boundedLoad, null)
})

const REFUSED: readonly (readonly [balancer: string, problem: string])[] = [
  ['ringhash', 'f:7:15: unknown balancer "ringhash"; did you mean "ring-hash"?'],
  ['{ type: magle }', 'f:7:23: unknown balancer "magle"; did you mean "maglev"?'],
  ['{ type: round-robin, key: { header: x } }', 'f:7:36: round-robin hashes nothing: key is for ring-hash, maglev, rendezvous'],
  ['{ type: maglev, boundedLoad: 125% }', 'f:7:31: boundedLoad is for ring-hash, not for maglev'],
  [
    '{ type: ring-hash, boundedLoad: 100% }',
    'f:7:47: 100% is too small: more than 100% is needed, or there is nowhere left to go',
  ],
  ['{ type: ring-hash, boundedLoad: 1.25 }', 'f:7:47: expected a share above 100% such as 125%, or off'],
  ['{ type: maglev, key: {} }', 'f:7:36: exactly one of header, cookie, query, path and source-ip is needed'],
  [
    '{ type: maglev, key: { header: x, path: true } }',
    'f:7:36: exactly one of header, cookie, query, path and source-ip is needed',
  ],
  ['{ type: maglev, key: { header: x, headrs: x } }', 'f:7:49: unknown key "headrs"; did you mean "header"?'],
  ['{ type: maglev, key: { header: "x y" } }', 'f:7:46: "x y" is not the name of a header'],
  ['{ type: maglev, key: { path: false } }', 'f:7:44: only true makes sense here; leave the key out otherwise'],
]

for (const [balancer, problem] of REFUSED) {
  t.test(`${balancer} is refused`, async (t) => {
    t.strictSame(parse(text(balancer)).errors, [problem])
  })
}

t.test('hash of a route is refused in the same words', async (t) => {
  t.strictSame(parse(text('maglev', ', hash: { cookie: "" }')).errors, ['f:3:41: "" is not the name of a cookie'])
})

t.test('hash of a route without an upstream that hashes is warned of', async (t) => {
  t.strictSame(parse(text('random', ', hash: { path: true }')).warnings, [
    'f:3:25: hash has no effect: no upstream of this route has a balancer that hashes',
  ])
  t.strictSame(parse(text('rendezvous', ', hash: { path: true }')).warnings, [])
})
