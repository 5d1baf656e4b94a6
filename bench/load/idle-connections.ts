// Memory per idle client connection: opens many, sends one request on each, then lets them rest.

import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { memory } from './process-figures.ts'

const IDLE_CONNECTIONS = 4000
/** Opened at a time, so that no queue of accepted connections overflows. */
const AT_ONCE = 50

export interface IdleFigures {
  readonly connections: number
  /** Resident bytes that each of them added. */
  readonly bytesPerConnection: number
}

/** The proxy should be fresh: memory that earlier load left behind would be used again and hide the cost. */
export async function measureIdleConnections(pid: number, port: number): Promise<IdleFigures> {
  const first = await Promise.all(Array.from({ length: 10 }, () => requestOnce(port)))
  for (const socket of first) socket.destroy()
  await sleep(1000)
  const before = memory(pid).resident
  const open: net.Socket[] = []
  while (open.length < IDLE_CONNECTIONS)
    open.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => requestOnce(port)))))
  await sleep(2000)
  const after = memory(pid).resident
  const alive = open.filter((socket) => !socket.destroyed).length
  for (const socket of open) socket.destroy()
  if (alive < IDLE_CONNECTIONS) throw new Error(`only ${alive} of ${IDLE_CONNECTIONS} connections stayed open`)
  return { connections: alive, bytesPerConnection: Math.round((after - before) / alive) }
}

/** Resolves with the open connection once the response of 1 KiB is there. */
function requestOnce(port: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    let received = 0
    const socket = net.connect(port, '127.0.0.1', () => socket.write('GET /1k HTTP/1.1\r\nHost: bench\r\n\r\n'))
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      received += chunk.length
      if (received > 1024) resolve(socket)
    })
  })
}
