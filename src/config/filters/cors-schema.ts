// The filter for cross-origin requests of browsers.

import * as z from 'zod'
import { readMethod } from '../match-schema.ts'
import { boolean, durationOrOff, isToken } from '../values.ts'
import { block, type Refusal, refuse, text } from '../written.ts'

export interface CorsConfig {
  readonly origins: readonly string[]
  readonly methods: readonly string[]
  readonly headers: readonly string[]
  readonly exposeHeaders: readonly string[]
  readonly credentials: boolean
  /** Milliseconds; null = the browser's own. */
  readonly maxAge: number | null
}

const ORIGIN = /^https?:\/\/(?:\*|(?:\*\.)?(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]))(?::(\d{1,5}|\*))?$/i

function readOrigin(written: string): string | Refusal {
  if (written === '*') return written
  const parts = ORIGIN.exec(written)
  if (parts !== null && (parts[1] === '*' || Number(parts[1] ?? 1) <= 65535)) return written.toLowerCase()
  if (written === 'null') return refuse('"null" is the origin of anything without one: it cannot be trusted')
  if (/^https?:\/\/[^/]+\//i.test(written)) return refuse(`"${written}": an origin has no path`)
  return refuse(`"${written}" is not an origin: expected https://app.example, https://*.example.org or "*"`)
}

const words = (what: string, read: (written: string) => string | Refusal, title: string) =>
  z.array(text(what, (written) => (written === '*' ? written : read(written)), { title }))

const fieldNames = () =>
  words(
    'the name of a header',
    (written) => (isToken(written) ? written : refuse(`"${written}" is not the name of a header`)),
    'header',
  )

export const corsSchema = block({
  origins: z
    .array(text('an origin such as https://app.example', readOrigin, { title: 'origin', examples: ['https://app.example'] }))
    .min(1, 'at least one origin is needed')
    .describe(
      'Who may read answers: scheme, host and port; *. in front of a host is any subdomain, * any host, :* any port; "*" is everyone.',
    ),
  methods: words('a method such as GET', readMethod, 'method')
    .prefault(['GET', 'HEAD', 'POST'])
    .describe('Methods that preflights allow; "*" = every one.'),
  headers: fieldNames().prefault([]).describe('Request headers that preflights allow; "*" = every one.'),
  exposeHeaders: fieldNames().prefault([]).describe('Response headers that scripts may read.'),
  credentials: boolean().prefault(false).describe('Cookies and authorization may be sent; not with the origin "*".'),
  maxAge: durationOrOff(0).prefault('off').describe('How long browsers remember a preflight; off = as they like.'),
}).transform((written, context): CorsConfig => {
  const wrong = (message: string, path: string) => context.addIssue({ code: 'custom', message, path: [path], input: written })
  if (written.credentials && written.origins.includes('*'))
    wrong('credentials cannot be allowed to every origin: name the origins', 'credentials')
  if (written.credentials && written.exposeHeaders.includes('*'))
    wrong('with credentials "*" means no header: name the headers', 'exposeHeaders')
  return written
})
