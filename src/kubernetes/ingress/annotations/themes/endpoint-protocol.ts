// What is spoken to endpoints: protocol and TLS.

import type { Draft } from '../draft.ts'
import { differs, exact, grave, type Theme, theme } from '../entry.ts'
import { integer, type ObjectName, objectName, onOff, type Reader, text, word, wrong } from '../values.ts'

const protocol: Reader<string> = (written) => {
  const upper = written.trim().toUpperCase()
  const known = ['HTTP', 'HTTPS', 'GRPC', 'GRPCS', 'AUTO_HTTP', 'FCGI', 'AJP']
  return known.includes(upper) ? upper : wrong(known.slice(0, 5).join(', '))
}

const serverName: Reader<string> = (written) =>
  /^[a-zA-Z0-9]([-a-zA-Z0-9._]*[a-zA-Z0-9])?$/.test(written)
    ? written.toLowerCase()
    : wrong('a name such as internal.example, without variables')

const PROTOCOLS = /^(SSLv2|SSLv3|TLSv1|TLSv1\.1|TLSv1\.2|TLSv1\.3)( (SSLv2|SSLv3|TLSv1|TLSv1\.1|TLSv1\.2|TLSv1\.3))*$/

export const endpointProtocol: Theme = theme(
  'Protocol of endpoints',
  {
    'backend-protocol': grave(
      exact(
        protocol,
        '`protocol` and `tls` of the upstream; with HTTPS and GRPCS certificates are not verified unless `proxy-ssl-verify` says so. AUTO_HTTP, FCGI and AJP are refused',
        'HTTPS',
      ),
    ),
    'proxy-ssl-secret': grave(
      exact(objectName, '`tls.cert`, `tls.key` and `tls.ca` of the upstream; of the same namespace only', 'shop/ca'),
    ),
    'proxy-ssl-verify': grave(
      differs(
        onOff,
        '`tls.verify`; without a CA in proxy-ssl-secret those of the machine are trusted, nginx verifies nothing then',
        'on',
      ),
    ),
    'proxy-ssl-verify-depth': differs(integer(0, 100), 'chains may be as long as they are', '1'),
    'proxy-ssl-name': grave(exact(serverName, '`tls.serverName`', 'internal.example')),
    'proxy-ssl-server-name': differs(onOff, 'a name that is known is sent', 'on'),
    'proxy-ssl-ciphers': differs(text, 'ciphers to endpoints are those of Node', 'DEFAULT'),
    'proxy-ssl-protocols': differs(
      (written) => (PROTOCOLS.test(written) ? written.split(' ') : wrong('words such as TLSv1.2 TLSv1.3')),
      'TLS 1.2 and 1.3 are spoken to endpoints',
      'TLSv1.2 TLSv1.3',
    ),
    'proxy-http-version': exact(word('1.0', '1.1'), 'HTTP/1.1; 1.0 is refused', '1.1'),
  },
  (values, draft) => {
    const spoken = values['backend-protocol']
    const unspoken = spoken === undefined ? null : speak(draft, spoken)
    if (unspoken !== null) draft.refuseAll('backend-protocol', unspoken)
    if (values['proxy-http-version'] === '1.0')
      draft.refuse('proxy-http-version', 'HTTP/1.0 is not spoken to endpoints: it is 1.1')
    const protocols = values['proxy-ssl-protocols'] ?? []
    if (['TLSv1.2', 'TLSv1.3'].every((each) => protocols.includes(each))) draft.exact('proxy-ssl-protocols')
    else if (protocols.length > 0 && !protocols.some((each) => ['TLSv1.2', 'TLSv1.3'].includes(each)))
      draft.refuse('proxy-ssl-protocols', 'TLS before 1.2 is not spoken to endpoints: it is 1.2 or 1.3')
    const ours = Object.keys(values).filter((name) => name.startsWith('proxy-ssl-'))
    if (draft.upstreamTls === null) {
      for (const name of ours) draft.settle(name, 'exact', 'nothing without backend-protocol HTTPS or GRPCS')
      return
    }
    const { 'proxy-ssl-verify': verify, 'proxy-ssl-name': serverName, 'proxy-ssl-secret': secret } = values
    draft.upstreamTls = { verify: verify ?? false, ...(serverName === undefined ? {} : { serverName }) }
    const trouble = secret === undefined ? null : trust(draft, secret, draft.upstreamTls)
    if (trouble !== null) draft.refuseAll('proxy-ssl-secret', trouble)
    if (verify === false || draft.upstreamTls.ca !== undefined) draft.exact('proxy-ssl-verify')
  },
)

/** Why it is not spoken. A key that is there without a value goes before what the port says by its appProtocol. */
function speak(draft: Draft, spoken: string): string | null {
  if (spoken === 'FCGI' || spoken === 'AJP') return `${spoken} is not spoken`
  if (spoken === 'AUTO_HTTP') return 'endpoints are not spoken to as the client spoke: say HTTP or HTTPS'
  draft.upstream.protocol = spoken.startsWith('GRPC') ? 'h2' : 'http1'
  if (spoken.endsWith('S')) draft.upstreamTls = { verify: false }
  else draft.upstream.tls = undefined
  return null
}

/** What is wrong with the Secret. */
function trust({ meta, look }: Draft, { namespace, name }: ObjectName, tls: Record<string, unknown>): string | null {
  const own = meta.namespace
  if (namespace !== '' && namespace !== own) return `a Secret of another namespace (${namespace}) is not used`
  const secret = look.secret(own, name)
  if (secret === null) return `there is no Secret ${own}/${name}`
  const { ca, certificate, trouble } = secret
  if (ca !== null) {
    if (ca.pem === null) return `Secret ${own}/${name}: ${ca.trouble}`
    tls.ca = ca.pem
  }
  if (certificate !== null) Object.assign(tls, certificate)
  else if (trouble !== '') return `Secret ${own}/${name}: ${trouble}`
  return ca === null && certificate === null ? `Secret ${own}/${name} has neither ca.crt nor tls.crt with tls.key` : null
}
