// An endpoint on plain sockets, for machines without nginx: node plain-origin.ts PORT. It trusts its clients, so it is no example.

import net from 'node:net'

const KIB = 1024
const responses = new Map([
  ['/1k', answer(Buffer.alloc(KIB, 'x'))],
  ['/100k', answer(Buffer.alloc(100 * KIB, 'x'))],
  ['/post', answer(Buffer.from('ok'))],
])

function answer(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`), body])
}

function sendHuge(socket: net.Socket): void {
  let missing = KIB * KIB * KIB
  const block = Buffer.alloc(64 * KIB)
  const send = () => {
    while (missing > 0) {
      missing -= block.length
      if (!socket.write(block)) {
        socket.once('drain', send)
        return
      }
    }
  }
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${missing}\r\n\r\n`)
  send()
}

const listening = net.createServer({ noDelay: true }, (socket) => {
  let waiting = ''
  let bodyLeft = 0
  let path = ''
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    let text = chunk.toString('latin1')
    while (text !== '') {
      if (bodyLeft > 0) {
        const taken = Math.min(bodyLeft, text.length)
        bodyLeft -= taken
        text = text.slice(taken)
      } else {
        waiting += text
        const end = waiting.indexOf('\r\n\r\n')
        if (end === -1) return
        text = waiting.slice(end + 4)
        const head = waiting.slice(0, end)
        waiting = ''
        path = head.split(' ', 2)[1] ?? ''
        bodyLeft = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
      }
      if (bodyLeft > 0) continue
      if (path === '/huge') sendHuge(socket)
      else socket.write(responses.get(path) ?? (responses.get('/post') as Buffer))
    }
  })
})
listening.listen(Number(process.argv[2]), '127.0.0.1', 4096)
