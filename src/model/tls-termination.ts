// How a listener ends TLS, as those see it who bring it connections.

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { ClientHello } from './client-hello.ts'
import type { TlsFacts } from './tls-facts.ts'

/** The certificates that answer for one name. */
export interface CertificateGroup {
  /**
   * Shakes hands on a paused socket whose ClientHello is unread. `secured` is called at most once, before any byte of the
   * application is read; when it fails the socket is closed instead.
   */
  handshake(socket: Socket, secured: (socket: TLSSocket, facts: TlsFacts) => void): void
}

export interface TlsTermination {
  /** Says whether two terminations are the same: a reload keeps the one that is there. */
  readonly identity: string
  /** Reads certificates without keeping requests waiting, null = there are few; else the first client waits for it. */
  prepare(): Promise<void> | null
  /** null = there is no certificate for that name, and none is shown for it. */
  groupFor(hello: ClientHello): CertificateGroup | null
  /** Session tickets are made, and from now on only read, with these 48 bytes: the same in every process. */
  setTicketKeys(keys: Buffer): void
}
