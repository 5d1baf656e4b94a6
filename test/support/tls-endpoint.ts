// An endpoint behind TLS that answers HTTP/1.1 requests and remembers who connected how.

import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import type { Test } from 'tap'

export interface SeenTls {
  /** false = the client named no server. */
  readonly serverName: string | false
  readonly reused: boolean
  readonly client: string
  readonly protocol: string | false | null
}

export interface TlsEndpoint {
  readonly address: string
  readonly seen: readonly SeenTls[]
  readonly requests: readonly string[]
  readonly open: number
  renew(options: TlsOptions): void
  close(): Promise<void>
}

/** Answers every request with the number of its connection, counted from 0. */
export async function startTlsEndpoint(t: Test, options: TlsOptions): Promise<TlsEndpoint> {
  const seen: SeenTls[] = []
  const requests: string[] = []
  const sockets = new Set<TLSSocket>()
  const server = createServer({ ALPNProtocols: ['http/1.1'], ...options }, (socket) => {
    const index = seen.length
    sockets.add(socket)
    seen.push({
      serverName: (socket as TLSSocket & { servername: string | false }).servername,
      reused: socket.isSessionReused(),
      client: String(socket.getPeerCertificate().subject?.CN ?? ''),
      protocol: socket.alpnProtocol,
    })
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    let text = ''
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
        requests.push(text.slice(0, end))
        text = text.slice(end + 4)
        const body = `connection ${index}`
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
      }
    })
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    for (const socket of sockets) socket.destroy()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  }
  t.teardown(close)
  return {
    close,
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    requests,
    get open() {
      return sockets.size
    },
    renew: (changed) => server.setSecureContext(changed),
  }
}

/** Takes the first bytes of each connection as text off, then is a TLS endpoint: what stands before the handshake. */
export async function startBehindHeader(t: Test, endpoint: TlsEndpoint): Promise<{ address: string; headers: Buffer[] }> {
  const { connect } = await import('node:net')
  const headers: Buffer[] = []
  const server = createTcpServer((socket) => {
    socket.once('data', (bytes: Buffer) => {
      const line = bytes.indexOf('\r\n') + 2
      headers.push(bytes.subarray(0, line))
      const on = connect(Number(endpoint.address.split(':')[1]), '127.0.0.1')
      on.write(bytes.subarray(line))
      socket.pipe(on).pipe(socket)
      socket.on('error', () => on.destroy())
      on.on('error', () => socket.destroy())
      socket.on('close', () => on.destroy())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, headers }
}
