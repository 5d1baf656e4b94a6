// TLS towards endpoints: whom a certificate must name, who we are, and the sessions that spare a handshake the next time. Connections,
// health probes and whoever else talks to an endpoint have it from here.

import { isIP } from 'node:net'
import {
  type ConnectionOptions,
  checkServerIdentity,
  createSecureContext,
  getCACertificates,
  type PeerCertificate,
  rootCertificates,
  type SecureContext,
} from 'node:tls'

/** What an upstream says about TLS. Plain data; certificates and keys are PEM text. */
export interface TlsOptions {
  /** null = the system's. */
  readonly ca: string | null
  /** Sent as SNI and looked for in the certificate; null = the host of the endpoint. */
  readonly serverName: string | null
  /** Names, URIs or addresses of which the certificate must have one, instead of the server name; empty = the server name. */
  readonly sans: readonly string[]
  /** Shown where the endpoint asks; null = none. */
  readonly cert: string | null
  readonly key: string | null
  readonly verify: boolean
}

/** What all connections of an upstream share. Reading keys and CAs takes milliseconds: once per change of them. */
export class TlsClient {
  readonly options: TlsOptions
  #context: SecureContext | null = null

  constructor(options: TlsOptions) {
    this.options = options
  }

  /** Made for the first connection. Throws when a certificate or key cannot be used, which the configuration's check sees before. */
  get context(): SecureContext {
    const { ca, cert, key } = this.options
    this.#context ??= createSecureContext({
      ca: ca ?? systemRoots(),
      ...(cert === null ? {} : { cert }),
      ...(key === null ? {} : { key }),
      minVersion: 'TLSv1.2',
    })
    return this.#context
  }

  /** For connections to `host`: the name or address of an endpoint, '' = it has none. */
  endpoint(host: string): EndpointTls {
    return new EndpointTls(this, host)
  }
}

/** TLS to one endpoint. */
export class EndpointTls {
  /** Begun by the last connection; its like goes on with it. null = none yet. */
  #session: Buffer | null = null
  /** Told when a handshake fails, or does not agree on what is to be spoken. */
  onFailure: (() => void) | null = null
  readonly #client: TlsClient
  readonly #options: ConnectionOptions

  constructor(client: TlsClient, host: string) {
    const { serverName, sans, verify } = client.options
    const name = (serverName ?? host).replace(/^\[(.*)\]$/, '$1')
    this.#client = client
    this.#options = {
      rejectUnauthorized: verify,
      // RFC 6066 3: an address is not a server name.
      servername: isIP(name) === 0 ? name : '',
      checkServerIdentity: (_servername, certificate) =>
        sans.length > 0 ? checkSans(sans, certificate) : checkServerIdentity(name, certificate),
    }
  }

  /** For one `tls.connect`; `protocols` are what is offered by ALPN. Throws as `TlsClient.context`. */
  options(protocols: readonly string[]): ConnectionOptions {
    return {
      ...this.#options,
      secureContext: this.#client.context,
      ALPNProtocols: [...protocols],
      ...(this.#session === null ? {} : { session: this.#session }),
    }
  }

  /** A handshake has brought a session (ticket) for the next one. */
  keep(session: Buffer): void {
    this.#session = session
  }

  /** A handshake has failed: the next one begins anew. */
  forget(): void {
    this.#session = null
    this.onFailure?.()
  }
}

let roots: readonly string[] | null = null

/** Those that the machine trusts; where it has none, those that came with Node. */
function systemRoots(): string[] {
  if (roots === null) {
    const system = getCACertificates('system')
    roots = system.length > 0 ? system : rootCertificates
  }
  return [...roots]
}

/** RFC 5280 4.2.1.6 as Node tells it: `DNS:a.example, URI:"…", IP Address:10.0.0.1`; quoted where a value could be misread. */
const SAN = /(DNS|URI|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/y

/** The names, URIs and addresses of a certificate, names in lower case. */
export function sansOf(text: string): Set<string> {
  const found = new Set<string>()
  const kinds = /(?:[^:]*):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/y
  for (let at = 0; at < text.length; ) {
    SAN.lastIndex = kinds.lastIndex = at
    const known = SAN.exec(text)
    if (known !== null) {
      const [, kind = '', written = ''] = known
      const value = written.startsWith('"') ? unquote(written) : written
      if (value !== null) found.add(kind === 'DNS' ? value.toLowerCase() : value)
      at = SAN.lastIndex
    } else if (kinds.test(text)) at = kinds.lastIndex
    else break
  }
  return found
}

function unquote(text: string): string | null {
  try {
    return String(JSON.parse(text))
  } catch {
    return null
  }
}

function checkSans(sans: readonly string[], { subjectaltname = '' }: PeerCertificate): Error | undefined {
  const has = sansOf(subjectaltname)
  if (sans.some((name) => has.has(name) || has.has(name.toLowerCase()))) return undefined
  return Object.assign(new Error('the certificate has none of the names that sans asks for'), {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  })
}
