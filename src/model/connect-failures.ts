// Why a connection to an endpoint failed, in words that name the mistake.

const WORDS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  CERT_REVOKED: 'its certificate is revoked',
  CERT_UNTRUSTED: 'its certificate is not trusted',
  CERT_SIGNATURE_FAILURE: 'the signature of its certificate is wrong',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed and not in ca',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from a CA that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate comes from a CA that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from a CA that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from a CA that is not trusted',
  INVALID_CA: 'a certificate of its chain may not issue others',
  INVALID_PURPOSE: 'its certificate is not for servers',
  PATH_LENGTH_EXCEEDED: 'the chain of its certificate is too long',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  ERR_HTTP2_ERROR: 'it does not speak HTTP/2 as it should',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
  ERR_SSL_HTTP_REQUEST: 'it does not speak TLS',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'it speaks no TLS version that is allowed',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'it speaks no TLS version that is allowed',
  ERR_SSL_SSL_TLS_ALERT_HANDSHAKE_FAILURE: 'it refused the handshake',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'it refused the handshake',
  ERR_SSL_TLSV1_ALERT_UNRECOGNIZED_NAME: 'it does not know the server name',
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'it does not know the server name',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'it does not trust our certificate',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'it refused our certificate',
  ERR_SSL_SSL_TLS_ALERT_BAD_CERTIFICATE: 'it refused our certificate',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it asks for a certificate',
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: 'it speaks none of the protocols that were offered',
}

/** `name mismatch (…CODE)`, or the code alone where it says all (`ECONNREFUSED`). */
export function failureWords(error: { readonly code?: string | undefined; readonly message: string }): string {
  const { code, message } = error
  if (code === undefined) return message
  const words = WORDS[code]
  if (words !== undefined) return `${words} (${code})`
  return code.startsWith('ERR_SSL') ? `TLS failed (${code})` : code
}
