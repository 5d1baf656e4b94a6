// Memory per idle TLS connection: opens many, sends one request on each, then lets them rest.

import { setTimeout as sleep } from 'node:timers/promises'
import tls from 'node:tls'
import { memory } from '../load/process-figures.ts'

const CONNECTIONS = 2000
const AT_ONCE = 20

/** Resident bytes that each connection added to a process. */
export async function idleTlsBytes(pid: number, port: number): Promise<number> {
  const first = await open(port, 200)
  for (const socket of first) socket.destroy()
  await sleep(1500)
  const before = memory(pid).resident
  const sockets = await open(port, CONNECTIONS)
  await sleep(3000)
  const after = memory(pid).resident
  const alive = sockets.filter((socket) => !socket.destroyed).length
  for (const socket of sockets) socket.destroy()
  if (alive < CONNECTIONS) throw new Error(`only ${alive} of ${CONNECTIONS} TLS connections stayed open`)
  return Math.round((after - before) / alive)
}

async function open(port: number, count: number): Promise<tls.TLSSocket[]> {
  const sockets: tls.TLSSocket[] = []
  while (sockets.length < count) sockets.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => requestOnce(port)))))
  return sockets
}

function requestOnce(port: number): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    let received = 0
    const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] }, () =>
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    )
    socket.on('error', reject)
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length
      if (received > 1024) resolve(socket)
    })
  })
}
