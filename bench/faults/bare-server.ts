// Takes connections and cuts them after ten seconds, and nothing else: what many clients cost a machine and Node whoever serves them.
// Says its port.

import net from 'node:net'

const LIVES_MS = 10_000
const SLICE_MS = 2
const ANSWER = 'HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'

const open: { readonly socket: net.Socket; readonly until: number }[] = []

const listening = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  socket.on('data', () => {})
  socket.on('error', () => {})
  socket.on('end', () => socket.destroySoon())
  open.push({ socket, until: performance.now() + LIVES_MS })
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
    open[next]?.socket.end(ANSWER)
  }
}
setInterval(cut, 50)
