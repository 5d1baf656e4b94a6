// The filter clientCert: whose certificates may pass.

import * as z from 'zod'
import { block, choice, defaulted, refuse, text } from '../written.ts'

export interface ClientCertConfig {
  /** The whole of it; null = any. */
  readonly subject: string | null
  /** Empty = any. */
  readonly san: readonly string[]
  readonly mode: 'enforce' | 'observe'
}

const plain = (what: string, pattern: RegExp) =>
  text(what, (written) => (pattern.test(written) ? written : refuse(`"${written}" is not ${what}`)), { title: 'text' })

const subject = plain('the subject of a certificate, such as CN=alice,O=Example', /^[A-Za-z0-9.]+=[\x20-\x7e]+$/)
const san = plain('a name, URI, email or IP address of a certificate', /^[\x21-\x7e]+$/)

export const clientCertSchema = block({
  require: defaulted({
    subject: subject
      .optional()
      .describe('The whole subject, the narrowest part first, as it stands in `tls.client.subject` of templates.'),
    san: z.array(san).prefault([]).describe('Alternative names; the certificate must have one of them, exactly.'),
  }).describe('What the certificate must say; {} = any that the listener accepts.'),
  mode: choice('mode', ['enforce', 'observe'])
    .prefault('enforce')
    .describe('observe: count what would be denied, and let it pass.'),
}).transform(
  ({ require: { subject, san }, mode }): ClientCertConfig => ({
    subject: subject ?? null,
    san,
    mode,
  }),
)
