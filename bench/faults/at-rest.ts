// What the processes of a gateway keep when nobody uses it: each is asked, through Node's inspector, to collect its garbage and to
// tell what is left. Of a gateway that was started with INSPECTED.

import { readdirSync, readFileSync } from 'node:fs'

/** NODE_OPTIONS that give every process an inspector on a port of its own, written to stderr. */
export const INSPECTED = '--inspect=127.0.0.1:0'

export interface ProcessAtRest {
  readonly pid: number
  /** Bytes: the heap after a full garbage collection, and what it holds outside (buffers among it), without `code`. */
  readonly live: number
  /** Bytes: what V8 has compiled so far, and what belongs to that. Grows for long, as more functions become hot. */
  readonly code: number
  readonly resident: number
  readonly descriptors: number
}

/** One for each process that is still there; `log` is what they wrote. */
export async function atRest(log: string): Promise<readonly ProcessAtRest[]> {
  const urls = new Set(Array.from(log.matchAll(/ws:\/\/127\.0\.0\.1:\d+\/[0-9a-f-]+/g), ([url]) => url))
  const found = await Promise.all(Array.from(urls, (url) => ask(url)))
  return found.filter((each) => each !== null).sort((a, b) => a.pid - b.pid)
}

const QUESTION = `(() => {
  const { heapUsed, external } = process.memoryUsage()
  const spaces = process.getBuiltinModule('node:v8').getHeapSpaceStatistics()
  const compiled = spaces.filter(({ space_name }) => /^(code|trusted)_/.test(space_name))
  return { pid: process.pid, all: heapUsed + external, code: compiled.reduce((sum, each) => sum + each.space_used_size, 0) }
})()`

/** Null when the process has ended. */
async function ask(url: string): Promise<ProcessAtRest | null> {
  const session = await Inspector.open(url)
  if (session === null) return null
  try {
    // The second takes what finalizers of the first let go.
    for (let i = 0; i < 2; i++) await session.call('HeapProfiler.collectGarbage')
    const { pid, all, code } = (await session.evaluate(QUESTION)) as { pid: number; all: number; code: number }
    const kibibytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0
    return {
      pid,
      live: all - code,
      code,
      resident: Number(kibibytes) * 1024,
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
    }
  } finally {
    session.close()
  }
}

interface Reply {
  readonly id: number
  readonly result?: { readonly result?: { readonly value?: unknown } }
  readonly error?: { readonly message: string }
}

/** One session with the inspector of one process. */
class Inspector {
  private readonly socket: WebSocket
  private readonly waiting = new Map<number, { resolve: (reply: Reply) => void; reject: (error: Error) => void }>()
  private seq = 0

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.addEventListener('message', ({ data }) => {
      const reply = JSON.parse(String(data)) as Reply
      const waiting = this.waiting.get(reply.id)
      this.waiting.delete(reply.id)
      if (reply.error === undefined) waiting?.resolve(reply)
      else waiting?.reject(new Error(reply.error.message))
    })
    socket.addEventListener('close', () => {
      for (const { reject } of this.waiting.values()) reject(new Error('the process ended while it was asked'))
    })
  }

  /** Null when nobody is there. */
  static open(url: string): Promise<Inspector | null> {
    return new Promise((resolve) => {
      const socket = new WebSocket(url)
      socket.addEventListener('open', () => resolve(new Inspector(socket)))
      socket.addEventListener('error', () => resolve(null))
    })
  }

  call(method: string, params: object = {}): Promise<Reply> {
    const id = ++this.seq
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject })
      this.socket.send(JSON.stringify({ id, method, params }))
    })
  }

  async evaluate(expression: string): Promise<unknown> {
    return (await this.call('Runtime.evaluate', { expression, returnByValue: true })).result?.result?.value
  }

  close(): void {
    this.socket.close()
  }
}
