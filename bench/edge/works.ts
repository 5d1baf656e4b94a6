// The kinds of work at the edge, and the program that does each.

import { join } from 'node:path'
import { type Done, h2load } from '../load/h2load.ts'
import { outputOf } from '../load/output.ts'
import type { Ports } from './proxies.ts'

export interface Work {
  readonly name: string
  readonly label: string
  readonly run: (ports: Ports, seconds: number, folder: string) => Promise<Done>
}

const LUA = join(import.meta.dirname, '..', 'load', 'wrk.lua')

export const WORKS: readonly Work[] = [
  {
    name: 'tls',
    label: 'TLS 1.3, keep-alive, 1 KiB',
    run: ({ tls }, seconds) => wrk(['-t1', '-c64', `-d${seconds}s`, '-s', LUA, `https://127.0.0.1:${tls}/`, '--', 'GET', '0']),
  },
  {
    name: 'handshake',
    label: 'a full TLS 1.3 handshake (ECDSA P-256)',
    run: ({ tls }, seconds) => handshakes(['-new', '-tls1_3', '-connect', `127.0.0.1:${tls}`, '-time', String(seconds)]),
  },
  {
    name: 'h2',
    label: 'HTTP/2 over TLS, 16 connections × 16 streams, 1 KiB',
    run: ({ tls }, seconds) => h2load(['-c16', '-m16', '-t1', `-D${seconds}`, `https://127.0.0.1:${tls}/`]),
  },
  {
    name: 'grpc',
    label: 'HTTP/2 to HTTP/2 (unary gRPC), 16 connections × 16 streams',
    run: ({ grpc }, seconds, folder) => {
      const fields = ['-H', 'content-type: application/grpc', '-H', 'te: trailers']
      const body = ['-d', join(folder, 'message')]
      return h2load(['-c16', '-m16', '-t1', `-D${seconds}`, ...fields, ...body, `http://127.0.0.1:${grpc}/bench.Echo/Say`])
    },
  },
  {
    name: 'websocket',
    label: 'WebSocket echo, 125 bytes',
    run: async ({ ws }, seconds) =>
      JSON.parse(
        await outputOf([process.execPath, join(import.meta.dirname, 'ws-load.ts'), String(ws), String(seconds)]),
      ) as Done,
  },
]

async function wrk(args: readonly string[]): Promise<Done> {
  const text = await outputOf(['wrk', ...args])
  const line = text.split('\n').find((each) => each.startsWith('{'))
  if (line === undefined) throw new Error(`wrk gave no result: ${text}`)
  const { requests, microseconds, errors } = JSON.parse(line)
  return { requests, seconds: microseconds / 1e6, errors }
}

/** Clients that shake hands one after the other and never resume a session (wrk does, every second time). */
const HANDSHAKERS = 4

async function handshakes(args: readonly string[]): Promise<Done> {
  const texts = await Promise.all(Array.from({ length: HANDSHAKERS }, () => outputOf(['openssl', 's_time', ...args])))
  let requests = 0
  let seconds = 0
  for (const text of texts) {
    const counts = /(\d+) connections in (\d+) real seconds/.exec(text)
    if (counts === null) throw new Error(`openssl s_time gave no result: ${text}`)
    requests += Number(counts[1])
    seconds = Math.max(seconds, Number(counts[2]))
  }
  return { requests, seconds, errors: 0 }
}
