// What admin calls take and answer, described for people and tools. Not used to answer: a test holds the real answers against it.

import * as z from 'zod'
import { BREAKER_STATES } from '../model/breaker.ts'
import { PROBLEMS } from './problems.ts'

const count = () => z.int().min(0)
const milliseconds = () => z.number().min(0)
const wallTime = (about: string) => z.number().describe(`${about}, in milliseconds since 1970-01-01T00:00Z.`)

export const Live = z.strictObject({ live: z.boolean() })

export const Ready = z.strictObject({
  ready: z.boolean(),
  why: z.array(z.string()).describe('What is missing, in words; empty when ready.'),
})

export const Config = z.strictObject({
  revision: z.string().describe('A hash of what is in force.'),
  source: z.string().describe('The file from which it comes.'),
  config: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe('In its complete form: defaults filled in, durations in milliseconds, sizes in bytes, secrets as "***".'),
})

const Origin = z
  .strictObject({
    kind: z.string(),
    namespace: z.string(),
    name: z.string(),
    path: z.string().describe('Of the part of the object, e.g. `spec.rules[0]`.'),
    file: z.string().optional(),
    line: z.int().optional(),
  })
  .describe('The object of Kubernetes that a route was made of.')

export const Routes = z.strictObject({
  routes: z.array(
    z
      .looseObject({ name: z.string(), origin: Origin.nullable().describe('null = the configuration file.') })
      .describe('A route as in `config` of `GET /config`.'),
  ),
})

const Endpoint = z.strictObject({
  address: z.string(),
  weight: z.number().min(0),
  priority: count(),
  zone: z.string().nullable(),
  health: z.string().describe('`up`, or a word that says otherwise: `unhealthy`, `ejected`, `terminating`, …'),
  reason: z.string().nullable().describe('Why it gets no requests; null = it gets some.'),
  until: wallTime('When that ends by itself').nullable(),
  inFlight: count().describe('Requests that run on it.'),
  latencyMs: milliseconds().nullable().describe('What its answers take, where the balancer goes by that.'),
})

const Upstream = z.strictObject({
  name: z.string(),
  breaker: z.enum(BREAKER_STATES).nullable().describe('null = it has none.'),
  panic: z.boolean().describe('Health is ignored, because too few are healthy.'),
  limit: z.number().nullable().describe('Requests that may run at a time by its adaptive limit.'),
  endpoints: z.array(Endpoint),
})

export const Upstreams = z.strictObject({ upstreams: z.array(Upstream) })

export const ExplainRequest = z.strictObject({
  method: z.string().optional().describe('Default: GET.'),
  url: z.string().describe('`http://host/path?query`, or a path when `headers` has a Host.'),
  headers: z
    .record(z.string(), z.union([z.string(), z.array(z.string())]))
    .optional()
    .describe('Field names and their values.'),
  listener: z.string().optional().describe('The listener that it comes to; default: the one that fits the URL.'),
  client: z.string().optional().describe('Address of the client; default: 127.0.0.1.'),
  seed: z.number().optional().describe('Decides what is left to chance, the same each time.'),
})

export const Explanation = z.strictObject({
  listener: z.string().nullable(),
  route: z.string().nullable(),
  origin: Origin.optional(),
  upstream: z.string().nullable(),
  endpoint: z.string().nullable(),
  considered: z
    .array(z.strictObject({ route: z.string(), why: z.string(), origin: Origin.optional() }))
    .describe('The route that is taken first, then those that were close, and why each is or is not taken.'),
  filters: z.array(z.strictObject({ name: z.string(), effect: z.string() })).describe('In the order in which they run.'),
  endpoints: z.array(
    z.strictObject({ address: z.string(), weight: z.number().min(0), eligible: z.boolean(), why: z.string() }),
  ),
  answer: z
    .strictObject({ status: z.int(), reason: z.string().nullable() })
    .nullable()
    .describe('What the gateway answers by itself; null = an endpoint answers.'),
  notes: z.array(z.string()),
})

export const Reloaded = z.strictObject({ revision: z.string().describe('In force everywhere.') })

export const ReloadRefused = z.strictObject({
  errors: z
    .array(
      z.strictObject({
        file: z.string(),
        line: count().describe('From 1; 0 = there is none.'),
        column: count(),
        message: z.string(),
      }),
    )
    .min(1),
})

export const Draining = z.strictObject({ draining: z.literal(true) })

export const Problem = z
  .strictObject({
    type: z.url(),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(PROBLEMS) as [string]).describe('Stable.'),
    detail: z.string(),
  })
  .describe('RFC 9457.')
