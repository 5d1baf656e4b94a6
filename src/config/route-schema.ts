// `routes`: which requests go to which upstream, and how patiently.

import * as z from 'zod'
import { routeAccessLog } from './access-log-schema.ts'
import { hostPattern } from './addresses.ts'
import { affinity } from './affinity-schema.ts'
import { hashKeySchema } from './balancer-schema.ts'
import { filtersSchema } from './filters-schema.ts'
import { matchSchema } from './match-schema.ts'
import { mirrorSchema } from './mirror-schema.ts'
import type { WeightedUpstream } from './model.ts'
import { hedgeSchema, retrySchema } from './retry-schema.ts'
import { upgrades, websocket } from './upgrade-schema.ts'
import { durationOrOff, integer, name } from './values.ts'
import { block, choice, defaulted } from './written.ts'
import { labels } from './zone-schema.ts'

const to = z
  .union([
    name(),
    z
      .array(
        block({
          upstream: name().describe('Name of an upstream.'),
          weight: integer(0, 1_000_000).prefault(1).describe('Share in relation to the others; 0 = none.'),
          labels: labels
            .refine((written) => Object.keys(written).length > 0, 'without a label this asks for nothing: leave it out')
            .optional()
            .transform((written) => written ?? null)
            .describe('Only endpoints that have all of these labels; left out: all of the upstream.'),
          filters: filtersSchema().describe('Further filters of this upstream alone, behind those of the route.'),
        }),
      )
      .min(1, 'at least one upstream is needed'),
  ])
  .transform((written, context): WeightedUpstream[] => {
    if (typeof written === 'string') return [{ upstream: written, weight: 1, labels: null, filters: [] }]
    if (written.every(({ weight }) => weight === 0))
      context.addIssue({ code: 'custom', message: 'all weights are 0', input: written })
    return written
  })

const timeout = defaulted({
  request: durationOrOff().prefault('off').describe('The whole exchange with all attempts; over: 504.'),
  attempt: durationOrOff()
    .prefault('60s')
    .describe('From the moment the request is sent completely until the response head; over: 504.'),
  idle: durationOrOff().prefault('60s').describe('No byte in either direction; over: cut.'),
  tunnel: durationOrOff()
    .prefault('1h')
    .describe('No byte in either direction of a tunnel (WebSocket, other upgrades, tcp and tls listeners); over: closed.'),
})

/** By their key. */
export const routeKeys = {
  name: name().describe('Unique among the routes.'),
  listeners: z.array(name()).prefault([]).describe('Names of the listeners that it belongs to; empty = every one.'),
  hosts: z
    .array(hostPattern())
    .prefault([])
    .describe('Exact beats the longest wildcard beats none; compared without case and port; empty = every host.'),
  match: z.array(matchSchema).prefault([]).describe('Any one of these; empty = every request.'),
  to: to
    .optional()
    .describe('The name of an upstream, or a weighted list of them; needed unless a filter answers: redirect or respond.'),
  timeout: timeout.describe('How long an exchange may take.'),
  retry: retrySchema
    .optional()
    .transform((written) => written ?? null)
    .describe(
      'Without it: one more try on another endpoint when no connection could be made, or when it was closed before any response byte and the request is idempotent.',
    ),
  filters: filtersSchema().describe(
    'What happens on the way, in the order written; each item has one key, the name of a filter.',
  ),
  priority: choice('priority', ['low', 'normal', 'high'])
    .prefault('normal')
    .describe('When the gateway has too much to do, new requests of low routes are refused first, those of high ones last.'),
  hedge: hedgeSchema,
  websocket,
  upgrades,
  mirror: mirrorSchema,
  affinity,
  accessLog: routeAccessLog,
  hash: hashKeySchema
    .optional()
    .transform((written) => written ?? null)
    .describe('Key for upstreams whose balancer hashes, instead of their own: one of these.'),
}

export const routeSchema = block(routeKeys).transform((written, context) => {
  const { to = [], ...rest } = written
  if (written.to === undefined && !rest.filters.some(({ type }) => type === 'redirect' || type === 'respond'))
    context.addIssue({ code: 'custom', message: 'missing key "to"', input: written })
  return { ...rest, to }
})
