// `tls`, `protocol` and `proxyProtocol` of an upstream: how its endpoints are connected to.

import * as z from 'zod'
import { host } from './addresses.ts'
import type { DiscoveryConfig, PemConfig, UpstreamTlsConfig } from './model.ts'
import { boolean } from './values.ts'
import { block, choice, refuse, text } from './written.ts'

const BEGINS = '-----BEGIN '

/** A PEM file, or PEM text itself. What is in it is looked at by pem-files.ts. */
export const pemFile = () =>
  text(
    'the path of a PEM file',
    (written): PemConfig | ReturnType<typeof refuse> => {
      if (written.trimStart().startsWith(BEGINS)) return { file: '', pem: written }
      return written === '' || written.includes('\0') ? refuse('this is not the path of a file') : { file: written, pem: '' }
    },
    { title: 'path' },
  )

const san = text(
  'a name, URI or address of a certificate',
  (written) =>
    /^[\x21-\x7e]+$/.test(written) ? written : refuse(`"${written}" is not a name, URI or address of a certificate`),
  { title: 'name', examples: ['users.internal', 'spiffe://example.org/users', '10.0.0.7'] },
)

/** By their key. */
export const upstreamTlsKeys = {
  ca: pemFile().optional().describe('Certificates of the CAs that are trusted; left out: those that the machine trusts.'),
  serverName: host()
    .optional()
    .describe(
      'Sent as SNI and looked for in the certificate; left out: the host of the endpoint, or the name that DNS is asked for.',
    ),
  sans: z
    .array(san)
    .prefault([])
    .describe(
      'Names, URIs or addresses of which the certificate must have one, exactly; then the server name is not looked for.',
    ),
  cert: pemFile().optional().describe('Our certificate, with its chain, for endpoints that ask for one.'),
  key: pemFile().optional().describe('The key of cert.'),
  verify: boolean().prefault(true).describe('false: any certificate is taken, also that of somebody in between.'),
}

export const upstreamTls = block(upstreamTlsKeys).transform(
  ({ ca, serverName, sans, cert, key, verify }, context): UpstreamTlsConfig => {
    const alone = (has: string, needs: string, input: PemConfig) =>
      context.addIssue({ code: 'custom', message: `${has} needs ${needs} beside it`, path: [has], input: input.file })
    if (cert !== undefined && key === undefined) alone('cert', 'key', cert)
    if (key !== undefined && cert === undefined) alone('key', 'cert', key)
    return { ca: ca ?? null, serverName: serverName ?? null, sans, cert: cert ?? null, key: key ?? null, verify }
  },
)

export const upstreamProtocol = choice('protocol', ['http1', 'h2', 'auto'], [], {
  http2: 'say h2',
  h2c: 'say h2, without tls',
  grpc: 'say h2, which carries gRPC',
  http: 'say http1',
  https: 'say http1, with tls: {} beside it',
})

export const proxyProtocolOut = choice('proxyProtocol', ['off', 'v1', 'v2']).transform((word) => (word === 'off' ? null : word))

interface Connecting {
  readonly discovery: DiscoveryConfig
  readonly protocol: 'http1' | 'h2' | 'auto'
  readonly tls: UpstreamTlsConfig | null
}

/** What does not go together. */
export function checkConnecting({ discovery, protocol, tls }: Connecting, context: z.core.$RefinementCtx): void {
  if (protocol === 'auto' && tls === null) {
    const message = 'protocol auto is agreed upon in the TLS handshake: it needs tls; without it, say http1 or h2'
    context.addIssue({ code: 'custom', message, path: ['protocol'], input: protocol })
  }
  if (tls === null || !tls.verify || tls.serverName !== null || tls.sans.length > 0 || !('static' in discovery)) return
  const nameless = discovery.static.find(({ address }) => address.startsWith('unix:'))
  if (nameless === undefined) return
  const message = `${nameless.address} has no name to look for in its certificate: say serverName or sans`
  context.addIssue({ code: 'custom', message, path: ['tls'], input: tls })
}
