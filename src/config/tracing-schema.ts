// `tracing`: what is sampled, how traces travel in requests, and where spans go.

import * as z from 'zod'
import type { SecretConfig } from './model.ts'
import { secret } from './secret-schema.ts'
import { duration, isToken, share } from './values.ts'
import { block, choice, refuse, text } from './written.ts'

export interface TracingConfig {
  readonly service: string
  /** Fraction of the traces that begin here, 0 to 1. */
  readonly sample: number
  /** At least one; what stands first is believed first. */
  readonly propagation: readonly ('w3c' | 'b3')[]
  readonly otlp: {
    /** A URL without query and credentials. */
    readonly endpoint: string
    readonly protocol: 'http/protobuf' | 'http/json' | 'grpc'
    /** By name in lower case. */
    readonly headers: Readonly<Record<string, SecretConfig>>
    /** Milliseconds. */
    readonly interval: number
  }
}

/** Spans that wait for longer than this are of no use to anybody. */
const LONGEST_INTERVAL = 60_000
/** Where collectors listen. */
const DEFAULT_ENDPOINT = {
  'http/protobuf': 'http://127.0.0.1:4318',
  'http/json': 'http://127.0.0.1:4318',
  grpc: 'http://127.0.0.1:4317',
}

const collector = text(
  'a URL such as http://127.0.0.1:4318',
  (written) => {
    const url = URL.canParse(written) ? new URL(written) : null
    if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
      return refuse(`expected a URL such as http://127.0.0.1:4318; got "${written}"`)
    if (url.username !== '' || url.password !== '') return refuse('credentials belong into otlp.headers, not into the URL')
    if (url.search !== '' || url.hash !== '') return refuse('the URL of a collector has neither a query nor a fragment')
    return written
  },
  { title: 'URL' },
)

const fieldName = text(
  'the name of a header field',
  (written) => (isToken(written) ? written.toLowerCase() : refuse(`"${written}" is not the name of a header field`)),
  { title: 'name' },
)

const otlp = block({
  endpoint: collector
    .optional()
    .describe('Of the collector; http/… appends /v1/traces. Default: http://127.0.0.1:4318, with grpc http://127.0.0.1:4317.'),
  protocol: choice('otlp.protocol', ['http/protobuf', 'http/json', 'grpc'])
    .prefault('http/protobuf')
    .describe('How spans are sent.'),
  headers: z
    .record(fieldName, secret)
    .prefault({})
    .describe('Fields that are sent to the collector, such as its credentials: text, { env: NAME } or { file: PATH }.'),
  interval: duration(100)
    .refine((ms) => ms <= LONGEST_INTERVAL, 'spans wait for a minute at most')
    .prefault('5s')
    .describe('The longest that a span waits to be sent together with others.'),
})
  .prefault({})
  .transform(({ endpoint, ...rest }) => ({ endpoint: endpoint ?? DEFAULT_ENDPOINT[rest.protocol], ...rest }))

const propagation = z
  .array(choice('tracing.propagation', ['w3c', 'b3']))
  .min(1, 'without any way to say it endpoints would not know of the trace')
  .transform((listed, context) => {
    if (new Set(listed).size < listed.length)
      context.addIssue({ code: 'custom', message: 'each stands here once', input: listed })
    return listed
  })

const tracingBlock = block({
  service: z.string().min(1, 'a service has a name').max(255).prefault('headgate').describe('service.name of its spans.'),
  sample: share()
    .prefault('100%')
    .describe('Share of the traces that begin here; whether one is sampled that a client has begun says the client.'),
  propagation: propagation
    .prefault(['w3c'])
    .describe(
      'What endpoints are told: w3c (traceparent, tracestate), b3. Clients may say either; what stands first is believed first.',
    ),
  otlp: otlp.describe('The collector that spans are sent to, by OTLP.'),
}).transform((written): TracingConfig => written)

export const tracing = z
  .union([choice('tracing', ['off']).transform(() => null), tracingBlock])
  .optional()
  .transform((written) => written ?? null)
  .describe('Traces by OpenTelemetry; absent = none; {} = with the defaults.')
