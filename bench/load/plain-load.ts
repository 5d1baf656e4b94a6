// A load generator on plain sockets, for machines without wrk: node plain-load.ts PORT PATH METHOD BYTES CONNECTIONS SECONDS.
// Each connection sends its next request when the response is complete. Reads Content-Length only.

import net from 'node:net'

const [port, path, method, bodyBytes, connections, seconds] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string,
]
const bodyLength = Number(bodyBytes)
const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${bodyLength > 0 ? `Content-Length: ${bodyLength}\r\n` : ''}\r\n`
const request = Buffer.from(head + 'x'.repeat(bodyLength))

/** Counts of latencies in steps of 10 microseconds; the last one is "longer". */
const latencies = new Uint32Array(1_000_001)
let requests = 0
let bytes = 0
let errors = 0
let ending = false

function connect(): void {
  let missing = 0
  let sentAt = 0
  let partial = ''
  const send = () => {
    sentAt = performance.now()
    socket.write(request)
  }
  const complete = () => {
    requests++
    const step = Math.min(latencies.length - 1, Math.round((performance.now() - sentAt) * 100))
    latencies[step] = (latencies[step] as number) + 1
    if (!ending) send()
  }
  const readHead = (chunk: Buffer) => {
    const text = partial + chunk.toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    if (end === -1) {
      partial = text
      return
    }
    if (!text.startsWith('HTTP/1.1 2')) errors++
    missing = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0) - (text.length - end - 4)
    partial = ''
    if (missing <= 0) complete()
  }
  const socket = net.connect({ port: Number(port), host: '127.0.0.1', noDelay: true }, send)
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (missing <= 0) {
      readHead(chunk)
      return
    }
    missing -= chunk.length
    if (missing <= 0) complete()
  })
  socket.on('error', () => errors++)
  socket.on('close', () => {
    if (!ending) connect()
  })
}

function percentile(share: number): number {
  let left = requests * share
  for (let step = 0; step < latencies.length; step++) {
    left -= latencies[step] as number
    if (left <= 0) return step * 10
  }
  return 0
}

const startedAt = performance.now()
for (let i = 0; i < Number(connections); i++) connect()
setTimeout(() => {
  ending = true
  const microseconds = Math.round((performance.now() - startedAt) * 1000)
  console.log(JSON.stringify({ requests, microseconds, bytes, errors, p50: percentile(0.5), p99: percentile(0.99) }))
  process.exit(0)
}, Number(seconds) * 1000)
