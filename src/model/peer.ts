// Who is at the other end of a client connection, and the lines that tell endpoints so.

export class Peer {
  /** Address without port; `unix` for a unix socket. */
  readonly address: string
  /** The port that the client connected to; 0 for a unix socket. */
  readonly localPort: number
  readonly secure: boolean
  /** May speak for its clients: what it says in X-Forwarded-* and Forwarded is believed. */
  readonly trusted: boolean
  /** The forwarding lines made last, and the authority they are for: on a connection they hardly ever change. */
  authority = ''
  lines = ''

  constructor(address: string, localPort: number, secure: boolean, trusted: boolean) {
    this.address = address
    this.localPort = localPort
    this.secure = secure
    this.trusted = trusted
  }
}
