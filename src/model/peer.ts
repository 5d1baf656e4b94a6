// Who is at the other end of a client connection, and the lines that tell endpoints so.

import type { BlockList } from 'node:net'
import type { TlsFacts } from './tls-facts.ts'

export class Peer {
  /** Address without port; `unix` for a unix socket. */
  readonly address: string
  /** The port that the client connected to; 0 for a unix socket. */
  readonly localPort: number
  readonly secure: boolean
  /** May speak for its clients: what it says in X-Forwarded-* and Forwarded is believed. */
  readonly trusted: boolean
  /** null = cleartext. */
  readonly tls: TlsFacts | null
  /** The client's port; 0 = not known. */
  readonly port: number
  /** The address that the client connected to; '' = not known. */
  readonly localAddress: string
  /** The forwarding lines made last, and the authority they are for: on a connection they hardly ever change. */
  authority = ''
  lines = ''

  constructor(
    address: string,
    localPort: number,
    secure: boolean,
    trusted: boolean,
    tls: TlsFacts | null = null,
    port = 0,
    localAddress = '',
  ) {
    this.address = address
    this.localPort = localPort
    this.secure = secure
    this.trusted = trusted
    this.tls = tls
    this.port = port
    this.localAddress = localAddress
  }
}

/** The two ends of a connection: a socket's own, or what a PROXY header says of them. */
export interface Ends {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  readonly localAddress?: string | undefined
  readonly localPort?: number | undefined
}

/** The peer of an accepted connection; `trusted` are the hops that may speak for others. */
export function peerOf(ends: Ends, trusted: BlockList | null, tls: TlsFacts | null = null): Peer {
  const address = ends.remoteAddress === undefined ? 'unix' : plain(ends.remoteAddress)
  const local = ends.localAddress === undefined ? '' : plain(ends.localAddress)
  return new Peer(address, ends.localPort ?? 0, tls !== null, isTrusted(address, trusted), tls, ends.remotePort ?? 0, local)
}

/** Whether `address` (without port) is one of those who may speak for others. */
export function isTrusted(address: string, trusted: BlockList | null): boolean {
  return trusted?.check(address, address.includes(':') ? 'ipv6' : 'ipv4') ?? false
}

/** An IPv4 address in IPv6 is the IPv4 address. */
const plain = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address)
