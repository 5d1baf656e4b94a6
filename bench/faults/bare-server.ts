// What stands in the gateway's place where its share is to be told from that of Node and the machine: answers GET at once, and cuts
// everybody else after ten seconds. Says its port.

import net from 'node:net'

const LIVES_MS = 10_000
const SLICE_MS = 2
const GOOD = `HTTP/1.1 200 OK\r\ncontent-length: 1024\r\n\r\n${'x'.repeat(1024)}`
const SLOW = 'HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'

const open: { readonly socket: net.Socket; readonly until: number }[] = []

const listening = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  socket.on('error', () => {})
  socket.on('end', () => socket.destroySoon())
  let slow = false
  // Heads come in one piece on the same machine.
  socket.on('data', (bytes: Buffer) => {
    if (slow) return
    if (bytes[0] === 0x47) socket.write(GOOD, 'latin1')
    else {
      slow = true
      open.push({ socket, until: performance.now() + LIVES_MS })
    }
  })
})
listening.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
  console.log((listening.address() as net.AddressInfo).port),
)

let next = 0
function cut(): void {
  const began = performance.now()
  for (; (open[next]?.until ?? Number.POSITIVE_INFINITY) <= began; next++) {
    if (performance.now() - began > SLICE_MS) {
      setImmediate(cut)
      return
    }
    open[next]?.socket.end(SLOW)
  }
}
setInterval(cut, 50)
