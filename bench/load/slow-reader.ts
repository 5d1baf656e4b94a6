// Memory while bodies of 1 GiB go to clients that read slowly: what a proxy holds per stream is what it read ahead.

import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { HUGE_BYTES } from './origin.ts'
import { memory } from './process-figures.ts'

/** Growth is taken between few and many streams, because the first ones also grow what a process needs once (its heap, its buffers). */
const FEW = 8
const MANY = 72
const SECONDS = 5

export interface SlowReaderFigures {
  readonly streams: number
  /** Growth of resident memory from few streams to many, at the peak of each, in bytes per stream. */
  readonly bytesPerStream: number
  /** Growth of resident memory while one body was read to its end, in bytes. */
  readonly growthOfOne: number
}

/** One whole body first, read with pauses; then many that are read a little at a time. */
export async function measureSlowReader(pid: number, port: number): Promise<SlowReaderFigures> {
  const before = memory(pid).resident
  let peakOfOne = before
  const sampling = setInterval(() => {
    peakOfOne = Math.max(peakOfOne, memory(pid).resident)
  }, 100)
  await readWholeBody(port).finally(() => clearInterval(sampling))
  const few = Array.from({ length: FEW }, () => openSlowReader(port))
  const peakOfFew = await peakMemory(pid)
  const more = Array.from({ length: MANY - FEW }, () => openSlowReader(port))
  const peakOfMany = await peakMemory(pid)
  for (const reader of [...few, ...more]) reader.destroy()
  return { streams: MANY, bytesPerStream: Math.round((peakOfMany - peakOfFew) / more.length), growthOfOne: peakOfOne - before }
}

async function peakMemory(pid: number): Promise<number> {
  let peak = 0
  for (let waited = 0; waited < SECONDS * 1000; waited += 100) {
    await sleep(100)
    peak = Math.max(peak, memory(pid).resident)
  }
  return peak
}

/** Pauses for a millisecond after each MiB, so that the proxy has to wait for its client again and again. */
function readWholeBody(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = 0
    let sinceRest = 0
    const socket = ask(port)
    socket.on('error', reject).on('close', () => reject(new Error(`cut after ${received} bytes`)))
    socket.on('data', (chunk) => {
      received += chunk.length
      sinceRest += chunk.length
      if (received >= HUGE_BYTES) {
        resolve()
        socket.destroy()
      } else if (sinceRest > 1024 * 1024) {
        sinceRest = 0
        socket.pause()
        setTimeout(() => socket.resume(), 1)
      }
    })
  })
}

/** Takes one read every 100 ms. */
function openSlowReader(port: number): net.Socket {
  const socket = ask(port)
  socket.on('error', () => socket.destroy())
  socket.on('data', () => {
    socket.pause()
    setTimeout(() => socket.resume(), 100)
  })
  return socket
}

function ask(port: number): net.Socket {
  return net.connect(port, '127.0.0.1', function (this: net.Socket) {
    this.write('GET /huge HTTP/1.1\r\nHost: bench\r\n\r\n')
  })
}
