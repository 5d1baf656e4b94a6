// The certificates that answer for one name, RSA and ECDSA side by side: which of them, TLS itself decides by what the client can
// verify. Shakes hands on accepted sockets.

import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls'
import { TlsFacts } from '../model/tls-facts.ts'
import type { CertificateGroup } from '../model/tls-termination.ts'
import { clientCertificate, forwardedClientCert } from './client-certificate.ts'

export interface GroupSettings {
  /** All that Node needs to know; `clientAuth` and tickets included. */
  readonly options: TlsOptions
  readonly clientAuth: 'off' | 'optional' | 'require' | 'request'
  /** There are CAs for client certificates: what Node trusts by itself vouches for nobody. */
  readonly verifies: boolean
  /** Endpoints are told about a client certificate. */
  readonly forward: boolean
}

/**
 * Node's TLS keeps the buffer that a connection's first bytes are put into, and one of 16 KiB behind it as soon as the first one (1 KiB, or
 * as much as comes at once) is full: a ClientHello with a post-quantum key share fills it. In pieces that fit it never does.
 */
const PIECE = 1000

type Secured = (socket: TLSSocket, facts: TlsFacts) => void

interface Waiting {
  readonly secured: Secured
  /** It is waited for no more. */
  readonly settle: () => void
}

export class NodeCertificateGroup implements CertificateGroup {
  readonly #settings: GroupSettings
  readonly #servers: HandshakeServer[] = []
  #ticketKeys: Buffer | null

  constructor(settings: GroupSettings, ticketKeys: Buffer | null) {
    this.#settings = settings
    this.#ticketKeys = ticketKeys
  }

  handshake(socket: Socket, secured: Secured): void {
    const key = keyOf(socket)
    let server = this.#servers.find((each) => !each.waiting.has(key))
    if (server === undefined) {
      // A second one is only ever needed on unix sockets, whose ends have no addresses, and where a client comes from one port to two
      // addresses at once.
      server = new HandshakeServer(this.#settings, this.#ticketKeys)
      this.#servers.push(server)
    }
    server.handshake(key, socket, secured)
  }

  setTicketKeys(keys: Buffer): void {
    this.#ticketKeys = keys
    for (const { server } of this.#servers) server.setTicketKeys(keys)
  }
}

const keyOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`

/** Node's TLS server, which never listens; it says which socket is secure by the client's end of its connection. */
class HandshakeServer {
  readonly server: Server
  readonly waiting = new Map<string, Waiting>()
  readonly #settings: GroupSettings

  constructor(settings: GroupSettings, ticketKeys: Buffer | null) {
    this.#settings = settings
    // The time of a handshake is the arrival's to watch: Node sets no timer of its own for a negative one.
    this.server = createServer({ ...settings.options, handshakeTimeout: -1, ...(ticketKeys === null ? {} : { ticketKeys }) })
    this.server.on('secureConnection', (socket) => this.#secure(socket))
    // Node closes the socket; why a client's handshake fails is the client's business.
    this.server.on('tlsClientError', (_error, socket) => {
      socket.on('error', ignore)
      socket.destroy()
    })
    this.server.on('error', ignore)
  }

  handshake(key: string, socket: Socket, secured: Secured): void {
    const waiting: Waiting = {
      secured,
      settle: () => {
        // The connection outlives the handshake: nothing of it is kept.
        socket.off('close', waiting.settle)
        if (this.waiting.get(key) === waiting) this.waiting.delete(key)
      },
    }
    this.waiting.set(key, waiting)
    socket.on('close', waiting.settle)
    // Node takes what is unread in the next tick: one piece at a time from a socket that flows, all at once from one that is paused.
    // Nothing is to flow before that.
    if (cutUnread(socket)) process.nextTick(resume, socket)
    this.server.emit('connection', socket)
  }

  #secure(socket: TLSSocket): void {
    socket.on('error', ignore)
    const waiting = this.waiting.get(keyOf(socket))
    const facts = this.#facts(socket)
    if (waiting === undefined || facts === null) {
      socket.destroy()
      return
    }
    waiting.settle()
    waiting.secured(socket, facts)
  }

  /** null = what the client has shown must not be accepted. */
  #facts(socket: TLSSocket): TlsFacts | null {
    const { clientAuth, verifies, forward } = this.#settings
    let client = null
    if (clientAuth !== 'off') {
      client = clientCertificate(socket, verifies && socket.authorized)
      // `require` is Node's own to refuse; twice does not hurt. `optional`: none is fine, a wrong one is not.
      if (client === null ? clientAuth === 'require' : !client.verified && clientAuth !== 'request') return null
    }
    const { servername } = socket as TLSSocket & { readonly servername?: string | false }
    return new TlsFacts(
      socket.getProtocol() ?? '',
      socket.getCipher().standardName,
      typeof servername === 'string' ? servername.toLowerCase().replace(/\.$/, '') : '',
      typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : '',
      client,
      forward && client !== null ? forwardedClientCert(client, clientAuth === 'request') : '',
    )
  }
}

function ignore(): void {}

/** Cuts what is unread into pieces, if it is too long for one. */
function cutUnread(socket: Socket): boolean {
  if (socket.readableLength <= PIECE) return false
  const unread: Buffer = socket.read()
  for (let end = unread.length; end > 0; end -= PIECE) socket.unshift(unread.subarray(Math.max(0, end - PIECE), end))
  return true
}

function resume(socket: Socket): void {
  socket.resume()
}
