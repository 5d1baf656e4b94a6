// Certificates of clients.

import type { Draft } from '../draft.ts'
import { differs, exact, grave, refused, type Theme, theme } from '../entry.ts'
import { flag, integer, type ObjectName, objectName, text, word } from '../values.ts'

export const clientAuth: Theme = theme(
  'Certificates of clients',
  {
    'auth-tls-secret': grave(
      exact(
        objectName,
        '`clientAuth.ca` of the HTTPS listener for the hosts of the Ingress, from `ca.crt`; of the same namespace only',
        'shop/ca',
      ),
    ),
    'auth-tls-verify-client': grave(
      differs(
        word('on', 'off', 'optional', 'optional_no_ca'),
        '`clientAuth.mode`; a certificate that is not accepted ends the handshake, where nginx answers 400. optional_no_ca is refused',
        'on',
      ),
    ),
    'auth-tls-verify-depth': differs(integer(0, 100), 'chains may be as long as they are', '1'),
    'auth-tls-error-page': differs(text, 'the handshake fails: there is no page', 'https://example.org/certificate'),
    'auth-tls-pass-certificate-to-upstream': differs(
      flag,
      '`clientAuth.forward`: the certificate goes in X-Forwarded-Client-Cert, not in ssl-client-cert',
      'true',
    ),
    'auth-tls-match-cn': grave(
      refused(text, 'common names are not compared: filter `clientCert` compares the whole subject', 'CN=alice'),
    ),
  },
  (values, draft) => {
    const asked = Object.keys(values).filter((name) => name !== 'auth-tls-secret')
    const secret = values['auth-tls-secret']
    const mode = values['auth-tls-verify-client'] ?? 'on'
    if (secret === undefined) {
      // Nothing in ingress-nginx, but somebody wanted to be protected.
      if (asked.includes('auth-tls-verify-client') && (mode === 'on' || mode.startsWith('optional')))
        draft.refuseAll('auth-tls-verify-client', 'auth-tls-secret with the CAs is needed beside it', 'InvalidAnnotation')
      return
    }
    if (mode === 'off') return
    if (mode === 'optional_no_ca') {
      draft.refuseAll('auth-tls-verify-client', 'certificates that no CA vouches for are never taken: say optional, or on')
      return
    }
    const ca = caOf(draft, secret)
    if ('trouble' in ca) {
      draft.refuseAll('auth-tls-secret', ca.trouble)
      return
    }
    const forward = values['auth-tls-pass-certificate-to-upstream'] ?? false
    draft.clientAuth = { mode: mode === 'on' ? 'require' : 'optional', ca: ca.pem, forward }
    tellEndpoints(draft, mode === 'on')
    if (!forward) draft.exact('auth-tls-pass-certificate-to-upstream')
  },
)

function caOf({ meta, look }: Draft, { namespace, name }: ObjectName): { readonly pem: string } | { readonly trouble: string } {
  const own = meta.namespace
  if (namespace !== '' && namespace !== own) return { trouble: `a Secret of another namespace (${namespace}) is not used` }
  const secret = look.secret(own, name)
  if (secret === null) return { trouble: `there is no Secret ${own}/${name}` }
  if (secret.ca === null) return { trouble: `Secret ${own}/${name} has no ca.crt` }
  const { pem, trouble } = secret.ca
  return pem === null ? { trouble: `Secret ${own}/${name}: ${trouble}` } : { pem }
}

/** What nginx tells; what it would have said otherwise must not come from a client. */
function tellEndpoints({ requestHeaders }: Draft, required: boolean): void {
  requestHeaders.set('ssl-client-subject-dn', `\${tls.client.subject}`)
  for (const name of ['ssl-client-cert', 'ssl-client-issuer-dn', 'ssl-client-verify']) requestHeaders.remove(name)
  if (required) requestHeaders.set('ssl-client-verify', 'SUCCESS')
}
