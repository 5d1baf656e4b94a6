// 64 WebSockets that each send a message of 125 bytes and wait for its echo: node ws-load.ts PORT SECONDS.

import net from 'node:net'

const SOCKETS = 64
const PAYLOAD = 125

const [port, seconds] = process.argv.slice(2).map(Number) as [number, number]
const request =
  `GET /echo HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
/** Final, binary, masked with zeros. */
const message = Buffer.concat([Buffer.from([0x82, 0x80 | PAYLOAD, 0, 0, 0, 0]), Buffer.alloc(PAYLOAD, 'x')])

let echoes = 0
let errors = 0

function connect(): void {
  let head = ''
  let open = false
  let received = 0
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true }, () => socket.write(request))
  socket.on('data', (bytes: Buffer) => {
    if (!open) {
      head += bytes.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      if (!head.startsWith('HTTP/1.1 101')) errors++
      open = true
      socket.write(message)
      return
    }
    received += bytes.length
    if (received < message.length) return
    received -= message.length
    echoes++
    socket.write(message)
  })
  socket.on('error', () => errors++)
}

const startedAt = performance.now()
for (let i = 0; i < SOCKETS; i++) connect()
setTimeout(() => {
  console.log(JSON.stringify({ requests: echoes, seconds: (performance.now() - startedAt) / 1000, errors }))
  process.exit(0)
}, seconds * 1000)
