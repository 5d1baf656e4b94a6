// `balancer` of an upstream, and what of a request is hashed: its `key`, or `hash` of a route.

import * as z from 'zod'
import type { BalancerConfig, HashKeyConfig } from './model.ts'
import { isToken } from './values.ts'
import { AT_KEY, block, choice, patternOrEnvironment, refuse, text } from './written.ts'

export const BALANCERS = [
  'round-robin',
  'random',
  'least-requests',
  'power-of-two',
  'peak-ewma',
  'ring-hash',
  'maglev',
  'rendezvous',
  'first',
] as const

/** Those that send equal keys to the same endpoint. */
export const HASHING_BALANCERS: readonly string[] = ['ring-hash', 'maglev', 'rendezvous']

const nameOf = (what: string, token: boolean) =>
  text(
    `the name of a ${what}`,
    (written) =>
      written === '' || (token && !isToken(written)) ? refuse(`"${written}" is not the name of a ${what}`) : written,
    { title: 'name' },
  )

/** A key that is there or not: `false` would say that it is there and is not. */
const yes = () => z.literal(true, { error: 'only true makes sense here; leave the key out otherwise' })

export const hashKeySchema = block({
  header: nameOf('header', true).optional().describe('The value of a header; of several lines, all.'),
  cookie: nameOf('cookie', true).optional().describe('The value of a cookie.'),
  query: nameOf('query parameter', false).optional().describe('The value of a query parameter, decoded.'),
  path: yes().optional().describe('The path, without the query.'),
  'source-ip': yes().optional().describe("The client's address, as trusted proxies report it."),
}).transform((written, context): HashKeyConfig => {
  const { header, cookie, query } = written
  const given: HashKeyConfig[] = []
  if (header !== undefined) given.push({ type: 'header', name: header.toLowerCase() })
  if (cookie !== undefined) given.push({ type: 'cookie', name: cookie })
  if (query !== undefined) given.push({ type: 'query', name: query })
  if (written.path) given.push({ type: 'path' })
  if (written['source-ip']) given.push({ type: 'source-ip' })
  if (given.length === 1) return given[0] as HashKeyConfig
  const message = 'exactly one of header, cookie, query, path and source-ip is needed'
  context.addIssue({ code: 'custom', message, input: written })
  return z.NEVER
})

const boundedLoad = () =>
  text(
    'a share above 100% such as 125%, or off',
    (written) => {
      if (written === 'off') return null
      const percent = Number(/^(\d+(?:\.\d+)?)%$/.exec(written)?.[1] ?? Number.NaN)
      if (Number.isNaN(percent)) return refuse(`expected a share above 100% such as 125%, or off; got "${written}"`)
      if (percent <= 100) return refuse(`${written} is too small: more than 100% is needed, or there is nowhere left to go`)
      if (percent > 10_000) return refuse(`${written} is too large: at most 10000%`)
      return percent / 100
    },
    { title: 'share above 100% | off', pattern: patternOrEnvironment('^(off|\\d+(\\.\\d+)?%)$') },
  )

const balancerName = () =>
  choice('balancer', BALANCERS, [], {
    'least-conn': 'say least-requests',
    'least-connections': 'say least-requests',
    leastconn: 'say least-requests',
    'least-request': 'say least-requests',
    p2c: 'say power-of-two',
    ewma: 'say peak-ewma',
    wrr: 'say round-robin: every balancer goes by weights',
    'weighted-round-robin': 'say round-robin: every balancer goes by weights',
    hash: 'say ring-hash, maglev or rendezvous',
    'ip-hash': 'say ring-hash: it goes by the address unless key says otherwise',
    source: 'say ring-hash: it goes by the address unless key says otherwise',
    sticky: 'affinity of a route keeps sessions',
  })

export const balancerSchema = z.union([
  balancerName().transform((type): BalancerConfig => ({ type, key: null, boundedLoad: null })),
  block({
    type: balancerName().describe('The algorithm.'),
    key: hashKeySchema
      .optional()
      .describe('What ring-hash, maglev and rendezvous go by, one of these; absent = source-ip. Without it: at random.'),
    boundedLoad: boundedLoad()
      .optional()
      .describe('Of ring-hash: most requests that an endpoint may have, of its fair share. off = any number; the default.'),
  }).transform(({ type, key, boundedLoad }, context): BalancerConfig => {
    const refuseKey = (name: string, message: string) =>
      context.addIssue({ code: 'custom', message, path: [name], params: AT_KEY, input: type })
    if (key !== undefined && !HASHING_BALANCERS.includes(type))
      refuseKey('key', `${type} hashes nothing: key is for ${HASHING_BALANCERS.join(', ')}`)
    if (boundedLoad !== undefined && type !== 'ring-hash')
      refuseKey('boundedLoad', `boundedLoad is for ring-hash, not for ${type}`)
    return { type, key: key ?? null, boundedLoad: boundedLoad ?? null }
  }),
])
