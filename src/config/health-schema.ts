// `health` of an upstream: active checks of its endpoints.

import * as z from 'zod'
import { host } from './addresses.ts'
import { boolean, duration, integer, share } from './values.ts'
import { AT_KEY, block, choice, numberOrText, offOr, patternOrEnvironment, refuse, text } from './written.ts'

export interface HealthConfig {
  readonly type: 'http' | 'tcp' | 'grpc'
  /** http: begins with /. */
  readonly path: string
  /** grpc: '' = the whole server. */
  readonly service: string
  /** null = that of the endpoint. */
  readonly port: number | null
  /** null = the literal `host` of the upstream, else the address that is asked. */
  readonly host: string | null
  /** Whether probes use the TLS of the upstream. */
  readonly tls: boolean
  /** http: ranges of statuses, both ends included. */
  readonly expect: readonly (readonly [from: number, to: number])[]
  /** Milliseconds. */
  readonly interval: number
  /** 0 to 1. */
  readonly jitter: number
  /** Milliseconds. */
  readonly timeout: number
  readonly healthy: number
  readonly unhealthy: number
  readonly initial: 'up' | 'down'
}

const path = text(
  'a path such as /healthz',
  (written) => {
    if (!written.startsWith('/')) return refuse(`"${written}" is not a path: it begins with /`)
    return /^[\x21-\x7e]+$/.test(written) && !written.includes('#')
      ? written
      : refuse(`"${written}" holds a character that does not stand in a path`)
  },
  { title: 'path', pattern: patternOrEnvironment('^/'), examples: ['/healthz'] },
)

const LOWEST = 100
const HIGHEST = 599

/** `200`, `200-399` or `2xx`; both ends belong to it. */
const statuses = numberOrText(
  'a status or a range such as 200-399',
  (written) => {
    const parts = /^(\d{3})(?:-(\d{3}))?$/.exec(written) ?? /^([1-5])xx$/.exec(written)
    if (parts === null) return refuse(`"${written}" is neither a status such as 200 nor a range such as 200-399 or 2xx`)
    const [, first = '', last = first] = parts
    const range: [number, number] =
      first.length === 1 ? [Number(first) * 100, Number(first) * 100 + 99] : [Number(first), Number(last)]
    if (range[0] > range[1]) return refuse(`the range ${written} is empty: write ${last}-${first}`)
    return range[0] >= LOWEST && range[1] <= HIGHEST ? range : refuse(`${written}: statuses are from ${LOWEST} to ${HIGHEST}`)
  },
  {
    title: 'status | range',
    anyOf: [
      { type: 'integer', minimum: LOWEST, maximum: HIGHEST },
      { type: 'string', pattern: patternOrEnvironment('^([1-5]xx|\\d{3}(-\\d{3})?)$') },
    ],
    examples: ['200-399'],
  },
)

const service = text(
  'the name of a gRPC service',
  (written) => (/^[\w.]{1,255}$/.test(written) ? written : refuse(`"${written}" is not the name of a gRPC service`)),
  { title: 'name' },
)

/** Which kinds of checks the keys are for that are not for all of them. */
const KINDS = { path: ['http'], expect: ['http'], host: ['http', 'grpc'], service: ['grpc'] } as const

const healthBlock = block({
  type: choice('type', ['http', 'tcp', 'grpc'], [], {
    https: 'say http: probes use the tls of the upstream',
    h2: 'say http: probes speak the protocol of the upstream',
  })
    .prefault('http')
    .describe('http: a GET; tcp: a connection (with its TLS handshake); grpc: grpc.health.v1.Health/Check.'),
  path: path.optional().describe('http: what is asked for; default /.'),
  service: service.optional().describe('grpc: the service that is asked about; default the whole server.'),
  port: integer(1, 65535).optional().describe('Another port of the same address; default that of the endpoint.'),
  host: host()
    .optional()
    .describe('http, grpc: what stands in Host; default the literal host of the upstream, else the address that is asked.'),
  tls: boolean().prefault(true).describe('Probes use TLS where the upstream has it; false = never.'),
  expect: z
    .array(statuses)
    .min(1, 'without a status every answer would be bad')
    .optional()
    .describe('http: statuses that are good, as 200, 200-399 or 2xx; default [200-399].'),
  interval: duration(10).prefault('5s').describe('From the start of a probe to that of the next.'),
  jitter: share().prefault('20%').describe('How much longer or shorter an interval may be.'),
  timeout: duration(10).prefault('1s').describe('The whole probe with its connection; over: failed.'),
  healthy: integer(1, 1000).prefault(2).describe('Good probes in a row that bring an endpoint back.'),
  unhealthy: integer(1, 1000).prefault(3).describe('Bad probes in a row that take an endpoint away.'),
  initial: choice('initial', ['up', 'down'])
    .prefault('up')
    .describe('A new endpoint is used at once (up), or not before its first good probe (down); the first probe decides.'),
}).transform((written, context): HealthConfig => {
  for (const [key, kinds] of Object.entries(KINDS)) {
    if (written[key as keyof typeof KINDS] === undefined || (kinds as readonly string[]).includes(written.type)) continue
    const message = `${key} is for type ${kinds.join(' or ')}`
    context.addIssue({ code: 'custom', message, path: [key], params: AT_KEY, input: written })
  }
  return {
    ...written,
    path: written.path ?? '/',
    service: written.service ?? '',
    port: written.port ?? null,
    host: written.host ?? null,
    expect: written.expect ?? [[200, 399]],
  }
})

export const health = z
  .union([offOr('{ path: /healthz }'), healthBlock])
  .optional()
  .transform((written) => written ?? null)
  .describe('Active: endpoints are probed, and left out while they fail; absent = off.')
