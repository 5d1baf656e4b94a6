// `tls` and `proxyProtocol` of a listener: how connections are taken in.

import { createSecureContext } from 'node:tls'
import * as z from 'zod'
import { hostPattern } from './addresses.ts'
import type { CertificateConfig, ListenerTlsConfig } from './model.ts'
import { pemFile } from './tls-schema.ts'
import { boolean } from './values.ts'
import { block, choice, defaulted, later, numberOrText, refuse, text } from './written.ts'

const certificate = block({
  cert: pemFile().describe('The certificate, with the certificates of its issuers behind it.'),
  key: pemFile().describe('Its key, without a passphrase.'),
  hosts: z
    .array(hostPattern())
    .min(1, 'at least one host is needed: without this key it is every name in the certificate')
    .optional()
    .describe('Hosts that it is shown for; left out: every name in it.'),
}).transform(({ cert, key, hosts }): CertificateConfig => (hosts === undefined ? { cert, key } : { cert, key, hosts }))

const minVersion = numberOrText(
  '1.2 or 1.3',
  (written) => (written === '1.2' || written === '1.3' ? written : refuse(`expected 1.2 or 1.3; got "${written}"`)),
  { title: '1.2 | 1.3', anyOf: [{ enum: ['1.2', '1.3', 1.2, 1.3] }] },
)

function known(ciphers: string): boolean {
  try {
    createSecureContext({ ciphers })
    return true
  } catch {
    return false
  }
}

const ciphers = text(
  'default, or names of ciphers as OpenSSL writes them',
  (written) => {
    if (written === 'default') return null
    // OpenSSL passes over a name that it does not know while another one is there.
    const unknown = [written, ...written.split(/[:, ]/).filter((name) => /^\w/.test(name))].find((name) => !known(name))
    if (unknown === undefined) return written
    return refuse(`"${unknown}" names no cipher: expected default, or names as OpenSSL writes them with : between`)
  },
  { title: 'default | ciphers' },
)

const clientAuth = defaulted({
  mode: choice('clientAuth.mode', ['off', 'optional', 'require', 'request'])
    .prefault('off')
    .describe(
      'Whether clients may (optional), or must (require), show a certificate; one that ca did not issue is refused in both cases. request: one is asked for, and whoever shows none or any other passes too; the filter clientCert still lets pass only what ca issued.',
    ),
  ca: pemFile()
    .optional()
    .describe('Certificates of the CAs whose client certificates are accepted; needed for optional and require.'),
  forward: boolean().prefault(false).describe('Tell endpoints about it in X-Forwarded-Client-Cert.'),
})

export const listenerTls = block({
  certificates: z
    .array(certificate)
    .prefault([])
    .describe(
      'Chosen by the name that the client asks for: exact, then wildcard; the first is the default. Empty where Kubernetes brings them.',
    ),
  acme: later('acme'),
  minVersion: minVersion.prefault('1.2').describe('The oldest version of TLS that is spoken.'),
  ciphers: ciphers
    .prefault('default')
    .describe('default = TLS 1.3 and, in TLS 1.2, ECDHE with AES-GCM or ChaCha20; or names as OpenSSL writes them.'),
  alpn: z
    .array(choice('alpn', ['h2', 'http/1.1']))
    .min(1, 'at least one protocol is needed')
    .prefault(['h2', 'http/1.1'])
    .describe('What is offered to be spoken, the preferred one first; http2: false takes h2 out.'),
  strictSni: boolean().prefault(false).describe('Refuse the handshake for a name without a certificate, and without a name.'),
  clientAuth: clientAuth.describe('Certificates of clients.'),
}).transform(({ certificates, minVersion, ciphers, alpn, strictSni, clientAuth }, context): ListenerTlsConfig => {
  const { mode, ca, forward } = clientAuth
  if ((mode === 'optional' || mode === 'require') && ca === undefined) {
    const message = `clientAuth.mode ${mode} needs ca: the CAs whose client certificates are accepted`
    context.addIssue({ code: 'custom', message, path: ['clientAuth', 'mode'], input: mode })
  }
  return { certificates, minVersion, ciphers, alpn, strictSni, clientAuth: { mode, ca: ca ?? null, forward } }
})

export const proxyProtocolIn = choice('proxyProtocol', ['off', 'accept', 'require'], [], {
  v1: 'say accept or require, which take both versions',
  v2: 'say accept or require, which take both versions',
  on: 'say accept or require, which take both versions',
})

/** What does not go together. */
export function checkTaking(
  { protocol, tls, http2 }: { readonly protocol: string; readonly tls: ListenerTlsConfig | null; readonly http2: boolean },
  context: z.core.$RefinementCtx,
): void {
  const wrong = (path: string[], message: string, input: unknown) => context.addIssue({ code: 'custom', message, path, input })
  if (protocol === 'https' && tls === null)
    wrong(['protocol'], 'protocol https needs tls with at least one certificate', protocol)
  if (protocol !== 'https' && protocol !== 'tls' && tls !== null)
    wrong(['tls'], `tls is for protocol: https or tls, with ${protocol} it has no effect`, tls)
  if (tls !== null && protocol !== 'tls' && !http2 && !tls.alpn.includes('http/1.1'))
    wrong(['tls', 'alpn'], 'with http2: false and without http/1.1 there is nothing left to be spoken', tls.alpn)
}
