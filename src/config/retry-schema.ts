// A route's `retry` and `hedge` blocks: when it is tried again, where the limits are.

import * as z from 'zod'
import { didYouMean } from './suggest.ts'
import { duration, integer, isToken, shareOrOff, size } from './values.ts'
import { block, numberOrText, offOr, refuse, text } from './written.ts'

const CONDITIONS = ['connect-failure', 'refused-stream', 'reset', 'timeout'] as const

/** All but ok. Written explicitly they apply whatever `methods` says. */
const GRPC_CONDITIONS: readonly string[] = [
  'grpc-cancelled',
  'grpc-unknown',
  'grpc-invalid-argument',
  'grpc-deadline-exceeded',
  'grpc-not-found',
  'grpc-already-exists',
  'grpc-permission-denied',
  'grpc-resource-exhausted',
  'grpc-failed-precondition',
  'grpc-aborted',
  'grpc-out-of-range',
  'grpc-unimplemented',
  'grpc-internal',
  'grpc-unavailable',
  'grpc-data-loss',
  'grpc-unauthenticated',
]

/** Statuses below 400 are what was asked for. */
const STATUS = /^(?:[45]\d\d|[45]xx)$/

const condition = numberOrText(
  'a condition such as reset, 503 or 5xx',
  (written) => {
    if (STATUS.test(written) || (CONDITIONS as readonly string[]).includes(written)) return written
    if (GRPC_CONDITIONS.includes(written)) return written
    if (written.startsWith('grpc-')) return refuse(`"${written}" is not a gRPC status${didYouMean(written, GRPC_CONDITIONS)}`)
    return refuse(
      `"${written}" is not a condition: there are ${CONDITIONS.join(', ')}, statuses such as 503, classes such as 5xx and gRPC statuses such as grpc-unavailable`,
    )
  },
  {
    title: 'condition',
    anyOf: [{ type: 'integer', minimum: 400, maximum: 599 }, { type: 'string' }],
    examples: [...CONDITIONS, '503', '5xx', 'grpc-unavailable'],
  },
)

const method = text(
  'a method such as GET',
  (written) => (isToken(written) ? written : refuse(`"${written}" is not a method`)),
  {
    title: 'method',
  },
)

export const retrySchema = block({
  attempts: integer(0, 10).prefault(2).describe('Tries after the first; 0 = none, not even the default one.'),
  on: z
    .array(condition)
    .prefault(['connect-failure', 'refused-stream', 'reset', 'timeout', '502', '503', '504'])
    .describe(
      'Ends of an attempt that another one may follow. connect-failure covers connect-timeout; gRPC statuses count where they come without a message, whatever the method.',
    ),
  methods: z
    .array(method)
    .prefault(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
    .describe('Methods that may be sent twice; others only after connect-failure and refused-stream.'),
  backoff: block({
    base: duration().prefault('25ms').describe('Before the first retry, at most.'),
    max: duration().prefault('250ms').describe('Before any retry, at most.'),
  })
    .prefault({})
    .describe('Exponential with full jitter; Retry-After of the endpoint is respected up to max.'),
  budget: shareOrOff()
    .prefault('20%')
    .describe(
      "Retries may be this share of the upstream's requests of the last 10 s; 3 per 10 s are always allowed; off = no bound.",
    ),
  bodyBytes: size(0, 16 * 1024 * 1024)
    .prefault('64KiB')
    .describe('A request whose body is larger is not tried again once bytes of the body were sent.'),
})

const hedge = block({
  after: duration().prefault('200ms').describe('How long the first endpoint has for its response head.'),
  max: integer(1, 5).prefault(1).describe('Further endpoints that one request may be sent to, each `after` the one before.'),
})

export const hedgeSchema = z
  .union([offOr('{ after: 200ms }'), hedge])
  .prefault('off')
  .describe(
    'A second try on another endpoint while the first has not answered; the first answer wins. Only for the methods of retry, within its budget and bodyBytes.',
  )
