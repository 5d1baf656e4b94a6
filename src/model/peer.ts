// Who is at the other end of a client connection, and the lines that tell endpoints so.

import type { BlockList, Socket } from 'node:net'

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

/** The peer of an accepted connection; `trusted` are the hops that may speak for others. */
export function peerOf(
  { remoteAddress, localPort }: Pick<Socket, 'remoteAddress' | 'localPort'>,
  trusted: BlockList | null,
): Peer {
  const address =
    remoteAddress === undefined ? 'unix' : remoteAddress.startsWith('::ffff:') ? remoteAddress.slice(7) : remoteAddress
  const believed = trusted?.check(address, address.includes(':') ? 'ipv6' : 'ipv4') ?? false
  return new Peer(address, localPort ?? 0, false, believed)
}
