// What Secrets and ConfigMaps hold of certificates: looked at before anybody is shown it. What is said about it never quotes it.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { CERTIFICATE } from '../config/pem-files.ts'

/** What is wrong with a pair; '' = nothing: a listener can be served with it. Validity in time is not looked at, clients do that. */
export function troubleOfPair(cert: string, key: string): string {
  const chain = readChain(cert, 'tls.crt')
  if (typeof chain === 'string') return chain
  const [leaf] = chain as [X509Certificate]
  try {
    const own = createPrivateKey(key)
    if (!leaf.checkPrivateKey(own)) return 'tls.key is not the key of the first certificate of tls.crt'
  } catch {
    return key.includes('ENCRYPTED') ? 'tls.key is encrypted' : 'tls.key holds no private key that can be read'
  }
  const misplaced = chain.findIndex((issuer, i) => i > 0 && !(chain[i - 1] as X509Certificate).checkIssued(issuer))
  if (misplaced !== -1) return `certificate ${misplaced + 1} of tls.crt is not the issuer of the one before it`
  try {
    createSecureContext({ cert, key })
    return ''
  } catch (error) {
    // OpenSSL's own words: reasons such as "ee key too small".
    return `tls.crt cannot be used for TLS: ${(error as Error).message}`
  }
}

/** Certificates of CAs; what is wrong is in `trouble`, then `pem` is null. */
export interface KeptCa {
  readonly pem: string | null
  readonly trouble: string
}

export function keepCa(pem: string): KeptCa {
  const chain = readChain(pem, 'ca.crt')
  return typeof chain === 'string' ? { pem: null, trouble: chain } : { pem, trouble: '' }
}

/** At least one certificate, or what is wrong. */
function readChain(pem: string, name: string): X509Certificate[] | string {
  const found = pem.match(CERTIFICATE) ?? []
  if (found.length === 0) return `${name} holds no certificate`
  const read: X509Certificate[] = []
  for (const [index, text] of found.entries()) {
    try {
      read.push(new X509Certificate(text))
    } catch {
      return `certificate ${index + 1} of ${name} cannot be read`
    }
  }
  return read
}
