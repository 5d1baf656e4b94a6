// A raw client over TLS, with what the handshake told it.

import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import type { Test } from 'tap'
import { RawClient } from './raw-client.ts'

export interface SecureClient {
  readonly client: RawClient
  readonly tls: TLSSocket
  /** The last ticket; null = none has come. */
  readonly session: Buffer | null
  /** `ec` or `rsa` of the certificate that was shown. */
  readonly keyType: string
  /** Subject alternative names of it. */
  readonly names: string
}

/** Rejects when the handshake fails. Certificates are not verified unless that is asked for. */
export function secureClient(t: Test, port: number, options: ConnectionOptions = {}): Promise<SecureClient> {
  return new Promise((resolve, reject) => {
    const tls = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'], ...options })
    let session: Buffer | null = null
    tls.on('session', (ticket) => {
      session = ticket
    })
    const client = new RawClient(tls)
    t.teardown(() => tls.destroy())
    tls.once('error', reject)
    tls.once('close', () => reject(new Error('closed')))
    tls.once('secureConnect', () => {
      const shown = tls.getPeerX509Certificate()
      resolve({
        client,
        tls,
        get session() {
          return session
        },
        keyType: shown?.publicKey.asymmetricKeyType ?? '',
        names: shown?.subjectAltName ?? '',
      })
    })
  })
}
