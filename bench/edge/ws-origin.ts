// An endpoint that accepts every WebSocket and sends back what comes, byte for byte: node ws-origin.ts PORT. What it echoes is masked
// like what a client sends, so that only clients that do not look can use it; both proxies pass it on unread.

import { createHash } from 'node:crypto'
import http from 'node:http'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

const origin = http.createServer((_request, response) => response.end('ok'))
origin.on('upgrade', (request, socket) => {
  const key = request.headers['sec-websocket-key'] ?? ''
  const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  socket.on('data', (bytes: Buffer) => socket.write(bytes))
  socket.on('error', () => socket.destroy())
  socket.on('end', () => socket.end())
})
origin.listen(Number(process.argv[2]), '127.0.0.1', 1024)
