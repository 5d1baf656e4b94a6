// Memory while bodies of 1 GiB go to clients that read slowly: what a proxy holds per stream is what it read ahead.

import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { HUGE_BYTES } from './origin.ts'
import { memory } from './process-figures.ts'

const STREAMS = 16
const STALLED_SECONDS = 5

export interface SlowReaderFigures {
  readonly streams: number
  /** Growth of resident memory at its peak, in bytes per stream. */
  readonly bytesPerStream: number
  /** Of the one stream that was read to its end. */
  readonly bytesRead: number
}

/** One whole body first, so that the proxy has warmed up; then many that are read a little at a time. */
export async function measureSlowReader(pid: number, port: number): Promise<SlowReaderFigures> {
  const bytesRead = await readWholeBody(port)
  await sleep(1000)
  const before = memory(pid).resident
  const readers = Array.from({ length: STREAMS }, () => openSlowReader(port))
  let peak = 0
  for (let waited = 0; waited < STALLED_SECONDS * 1000; waited += 100) {
    await sleep(100)
    peak = Math.max(peak, memory(pid).resident)
  }
  for (const reader of readers) reader.destroy()
  return { streams: STREAMS, bytesPerStream: Math.round((peak - before) / STREAMS), bytesRead }
}

/** Pauses for a millisecond after each MiB, so that the proxy has to wait for its client again and again. */
function readWholeBody(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let received = 0
    let sinceRest = 0
    const socket = ask(port)
    socket.on('error', reject).on('close', () => reject(new Error(`cut after ${received} bytes`)))
    socket.on('data', (chunk) => {
      received += chunk.length
      sinceRest += chunk.length
      if (received >= HUGE_BYTES) {
        resolve(received)
        socket.destroy()
      } else if (sinceRest > 1024 * 1024) {
        sinceRest = 0
        socket.pause()
        setTimeout(() => socket.resume(), 1)
      }
    })
  })
}

/** Takes one read every 20 ms. */
function openSlowReader(port: number): net.Socket {
  const socket = ask(port)
  socket.on('error', () => socket.destroy())
  socket.on('data', () => {
    socket.pause()
    setTimeout(() => socket.resume(), 20)
  })
  return socket
}

function ask(port: number): net.Socket {
  const socket = net.connect(port, '127.0.0.1', () => socket.write('GET /huge HTTP/1.1\r\nHost: bench\r\n\r\n'))
  return socket
}
