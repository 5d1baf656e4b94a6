// One question to one DNS server: over UDP, and again over TCP when the answer was cut.

import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect, isIPv6 } from 'node:net'
import { Alarm, type Deadlines } from '../model/deadlines.ts'
import { FORMAT_ERROR, type Question, type Reply, readReply, writeQuestion } from './dns-message.ts'

export interface Server {
  readonly host: string
  readonly port: number
}

export interface AskOptions {
  readonly deadlines: Deadlines
  /** Aborted = nobody waits any more; whatever is open is closed. */
  readonly signal: AbortSignal
}

/** For each of UDP and TCP. */
const TIMEOUT_MS = 1500

/** Rejects with an Error whose message says what is wrong with that server. */
export async function ask(server: Server, question: Question, options: AskOptions): Promise<Reply> {
  const reply = await askOverUdp(server, question, true, options)
  if (reply.code === FORMAT_ERROR) return askWithoutExtension(server, question, options)
  return reply.truncated ? askOverTcp(server, question, options) : reply
}

async function askWithoutExtension(server: Server, question: Question, options: AskOptions): Promise<Reply> {
  const reply = await askOverUdp(server, question, false, options)
  return reply.truncated ? askOverTcp(server, question, options) : reply
}

function askOverUdp({ host, port }: Server, question: Question, extended: boolean, options: AskOptions): Promise<Reply> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  const once = new Once(options, () => socket.close())
  const id = randomInt(0x10000)
  let dropped = 0
  socket.on('error', (error: NodeJS.ErrnoException) => once.fail(error.code ?? error.message))
  socket.on('message', (bytes) => {
    const reply = readReply(bytes, id, question)
    // It may be somebody else's: the right one can still come.
    if (reply === null) dropped++
    else once.succeed(reply)
  })
  // Connected: what others send does not arrive, and a closed port is an error at once.
  socket.connect(port, host, (error?: Error) => {
    if (error !== undefined || once.over) return
    socket.send(writeQuestion(id, question, extended), (failed) => {
      if (failed !== null) once.fail((failed as NodeJS.ErrnoException).code ?? failed.message)
    })
  })
  return once.promise(() => (dropped === 0 ? 'no answer' : `no valid answer (${dropped} dropped)`))
}

function askOverTcp({ host, port }: Server, question: Question, options: AskOptions): Promise<Reply> {
  const socket = connect({ host, port })
  const once = new Once(options, () => socket.destroy())
  const id = randomInt(0x10000)
  const message = writeQuestion(id, question, false)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  socket.write(Buffer.concat([length, message]))
  let read = Buffer.alloc(0)
  socket.on('data', (piece: Buffer) => {
    read = Buffer.concat([read, piece])
    if (read.length < 2 || read.length < 2 + read.readUInt16BE(0)) return
    const reply = readReply(read.subarray(2, 2 + read.readUInt16BE(0)), id, question)
    if (reply === null || reply.truncated) once.fail('no valid answer over TCP')
    else once.succeed(reply)
  })
  socket.on('error', (error: NodeJS.ErrnoException) => once.fail(`${error.code ?? error.message} over TCP`))
  socket.on('close', () => once.fail('closed without an answer over TCP'))
  return once.promise(() => 'no answer over TCP')
}

/** Settles once: with a reply, a failure, the end of the time, or the end of interest. */
class Once {
  over = false
  readonly #options: AskOptions
  readonly #close: () => void
  readonly #settled = Promise.withResolvers<Reply>()
  readonly #aborted = () => this.fail('stopped')
  #alarm: Alarm | null = null

  constructor(options: AskOptions, close: () => void) {
    this.#options = options
    this.#close = close
    options.signal.addEventListener('abort', this.#aborted)
  }

  promise(late: () => string): Promise<Reply> {
    this.#alarm = new Alarm(() => this.fail(late()))
    if (this.#options.signal.aborted) this.fail('stopped')
    else if (!this.over) this.#options.deadlines.arm(this.#alarm, TIMEOUT_MS)
    return this.#settled.promise
  }

  succeed(reply: Reply): void {
    this.#end(() => this.#settled.resolve(reply))
  }

  fail(reason: string): void {
    this.#end(() => this.#settled.reject(new Error(reason)))
  }

  #end(settle: () => void): void {
    if (this.over) return
    this.over = true
    this.#options.signal.removeEventListener('abort', this.#aborted)
    if (this.#alarm !== null) this.#options.deadlines.remove(this.#alarm)
    this.#close()
    settle()
  }
}
