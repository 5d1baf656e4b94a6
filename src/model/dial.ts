// Opens connections to endpoints: the PROXY header first, TLS around the rest, where they are asked for.

import { connect, type OnReadOpts, Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import type { Peer } from './peer.ts'
import { type ProxyVersion, proxyHeader } from './proxy-header.ts'
import type { EndpointTls } from './tls-client.ts'

/** Where to connect to: an address and a port, or a unix socket. */
export type Place = { readonly host: string; readonly port: number } | { readonly path: string }

/** How one endpoint is connected to. */
export interface Destination {
  readonly place: Place
  /** null = cleartext. */
  readonly tls: EndpointTls | null
  /** null = no header. */
  readonly proxy: ProxyVersion | null
}

export interface DialOptions {
  /** Milliseconds of silence before TCP keep-alive probes; null = none. */
  readonly tcpKeepAlive: number | null
  /** On whose behalf; null = nobody's. */
  readonly client: Peer | null
  /** Offered by ALPN, in this order. */
  readonly protocols: readonly string[]
  /** Where bytes are read into and who gets them; null = as stream events. */
  readonly onread: OnReadOpts | null
  /** The connection stands, TLS included. */
  readonly ready: (socket: Socket) => void
}

/** The caller listens for `error` and `close`, and sets the deadline. */
export function dial({ place, tls, proxy }: Destination, options: DialOptions): Socket {
  const { tcpKeepAlive, client, protocols, onread, ready } = options
  const tcp = {
    ...place,
    noDelay: true,
    // HTTP/2 has no use for half a connection.
    allowHalfOpen: onread !== null,
    keepAlive: tcpKeepAlive !== null,
    keepAliveInitialDelay: tcpKeepAlive ?? 0,
  }
  if (tls === null) {
    const socket = connect(onread === null ? tcp : { ...tcp, onread })
    if (proxy !== null) socket.write(proxyHeader(proxy, client))
    socket.once('connect', () => ready(socket))
    return socket
  }
  let secured: ConnectionOptions
  try {
    secured = tls.options(protocols)
  } catch (error) {
    return stillborn(error as Error)
  }
  if (proxy === null) return watched(connectTls({ ...secured, ...tcp, ...(onread === null ? {} : { onread }) }), tls, ready)
  const below = connect(tcp)
  // In clear, in front of the handshake. Failures are the upper socket's.
  below.write(proxyHeader(proxy, client))
  below.on('error', () => {})
  const socket = connectTls({ ...secured, socket: below })
  if (onread !== null) socket.on('data', (bytes: Buffer) => onread.callback(bytes.length, bytes))
  return watched(socket, tls, ready)
}

/** A connection that fails before it begins: as late as any other. */
function stillborn(error: Error): Socket {
  const socket = new Socket()
  setImmediate(() => socket.destroy(error))
  return socket
}

/** Sessions come with the handshake or, in TLS 1.3, after it. */
function watched(socket: TLSSocket, tls: EndpointTls, ready: DialOptions['ready']): TLSSocket {
  let secure = false
  socket.once('secureConnect', () => {
    secure = true
    ready(socket)
  })
  socket.on('session', (session) => tls.keep(session))
  socket.on('error', () => {
    if (!secure) tls.forget()
  })
  return socket
}
