// What a client says when it opens a TLS connection, as far as listeners and certificates are chosen by it.

export interface ClientHello {
  /** The name that is asked for: lower case, without trailing dot; '' = none. */
  readonly sni: string
  /** Protocols in the client's order, e.g. `h2`; empty = none offered. */
  readonly alpn: readonly string[]
  /** What it can verify, as code points of RFC 8446 4.2.3; empty = the extension is missing. */
  readonly signatureAlgorithms: readonly number[]
  /** 0x0303 = TLS 1.2, 0x0304 = TLS 1.3; from supported_versions or, without it, the legacy version. */
  readonly versions: readonly number[]
}
