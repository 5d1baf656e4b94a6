// What is known about the TLS of a client connection, once its handshake is over.

/** The certificate that a client has shown. */
export interface ClientCertificate {
  /** Issued by one of the listener's CAs, and valid when the handshake ended. */
  readonly verified: boolean
  /** RFC 2253 text, e.g. `CN=alice,O=Example`. */
  readonly subject: string
  readonly issuer: string
  /** `DNS:a.example`, `URI:spiffe://…`, `IP:192.0.2.1`, `EMAIL:…`, in the order of the certificate. */
  readonly sans: readonly string[]
  /** SHA-256 of the DER form: 64 hex digits, lower case. */
  readonly fingerprint: string
  /** Hex digits, lower case. */
  readonly serial: string
  /** DER. */
  readonly raw: Buffer
}

export class TlsFacts {
  /** `TLSv1.2` or `TLSv1.3`. */
  readonly version: string
  /** IANA's name, e.g. `TLS_AES_128_GCM_SHA256`. */
  readonly cipher: string
  /** Lower case, without trailing dot; '' = the client named none. */
  readonly sni: string
  /** `h2`, `http/1.1`; '' = none was agreed upon. */
  readonly alpn: string
  /** null = none was asked for, or none shown. */
  readonly client: ClientCertificate | null
  /** X-Forwarded-Client-Cert for endpoints, with its line end; '' = not asked for. */
  readonly forward: string

  constructor(version: string, cipher: string, sni: string, alpn: string, client: ClientCertificate | null, forward = '') {
    this.version = version
    this.cipher = cipher
    this.sni = sni
    this.alpn = alpn
    this.client = client
    this.forward = forward
  }
}
