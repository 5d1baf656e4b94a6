// `affinity` of a route: requests of one session go to the same endpoint.

import * as z from 'zod'
import type { SecretConfig } from './model.ts'
import { secret } from './secret-schema.ts'
import { durationOrOff, isToken } from './values.ts'
import { block, offOr, refuse, text } from './written.ts'

export type AffinityConfig =
  /** `ttl` in milliseconds, null = until the client ends. `secret` is text once files are read; null = the gateway makes one. */
  | { readonly type: 'cookie'; readonly name: string; readonly ttl: number | null; readonly secret: SecretConfig | null }
  /** The name in lower case. */
  | { readonly type: 'header'; readonly name: string }

const nameOf = (what: string) =>
  text(
    `the name of a ${what}`,
    (written) =>
      isToken(written)
        ? written
        : refuse(`"${written}" is not the name of a ${what}: letters, digits and - _ . without spaces`),
    { title: 'name' },
  )

/** By their key. */
export const affinityKeys = {
  cookie: nameOf('cookie').optional().describe('Name of a cookie that the gateway sets; its value says nothing to others.'),
  ttl: durationOrOff(1000)
    .optional()
    .describe('How long the cookie is kept, from when it was set; off = until the browser is closed; default 1h.'),
  secret: secret
    .optional()
    .describe('What names are signed with: text, { env: NAME } or { file: PATH }; by default one that a start makes.'),
  header: nameOf('header').optional().describe('Name of a header whose value is the session.'),
}

const affinityBlock = block(affinityKeys).transform((written, context): AffinityConfig => {
  const { cookie, header, ttl, secret } = written
  const refused = (message: string): never => {
    context.addIssue({ code: 'custom', message, input: written })
    return z.NEVER
  }
  if ((cookie === undefined) === (header === undefined)) return refused('exactly one of cookie and header is needed')
  if (cookie !== undefined) {
    return { type: 'cookie', name: cookie, ttl: ttl === undefined ? 3_600_000 : ttl, secret: secret ?? null }
  }
  if (ttl !== undefined || secret !== undefined) return refused('ttl and secret are for a cookie')
  return { type: 'header', name: (header as string).toLowerCase() }
})

export const affinity = z
  .union([offOr('{ cookie: hg }'), affinityBlock])
  .prefault('off')
  .describe(
    'Requests of one session go to the same endpoint while that can be used: by a cookie of the gateway, or by a header.',
  )
