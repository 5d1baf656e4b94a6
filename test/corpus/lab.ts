// A gateway between recording origins and a raw client; runs cases through it and checks the invariants after each.

import type { Test } from 'tap'
import { type CorpusCase, show } from './case.ts'
import { PLAIN_REQUEST, type ResponseCase } from './cases/responses.ts'
import { RawClient } from './client.ts'
import { bytesInUse, canonicalComplaints } from './invariants.ts'
import { judge, mustClose, type Outcome, responsesWanted } from './judge.ts'
import { judgeResponse } from './judge-response.ts'
import { RecordingOrigin, type Script } from './origin.ts'
import type { SeenRequest } from './request-splitter.ts'
import { Signal } from './signal.ts'

/** What the laboratory needs of a gateway. */
export interface Gateway {
  start(): Promise<{ readonly listeners: Readonly<Record<string, string>> }>
  close(): Promise<void>
}

export interface LabOptions {
  /** Makes the gateway from a written configuration. */
  readonly gateway: (config: Record<string, unknown>) => Gateway | Promise<Gateway>
  /** Names of the origins; each is an upstream of the same name. */
  readonly origins?: readonly string[]
  readonly routes?: readonly Record<string, unknown>[]
  /** Keys of the listener besides name and bind. */
  readonly listener?: Record<string, unknown>
  /** Keys of the top level. */
  readonly top?: Record<string, unknown>
  /** Keys of every upstream besides discovery. */
  readonly upstream?: Record<string, unknown>
  /** Host of the probes. */
  readonly probeHost?: string
  /** Milliseconds after which a case that has not come to its end has failed. */
  readonly patience?: number
}

/** Bytes of which nothing is known. */
export interface Anything {
  readonly name: string
  readonly bytes: string
  readonly cuts: readonly number[]
  readonly origin: Script | null
}

/** How the bytes of a case are cut into segments. */
export type Sending = 'whole' | 'bytes' | 'pieces'

function cutsOf(bytes: string, sending: Sending): readonly number[] {
  const { length } = bytes
  if (sending === 'whole') return []
  if (sending === 'bytes') return Array.from({ length: Math.max(length - 1, 0) }, (_, i) => i + 1)
  // In the head, at its end, in what follows, and before the last byte.
  const head = bytes.indexOf('\r\n\r\n') + 4
  const cuts = [head >> 1, head, (head + length) >> 1, length - 1]
  return [...new Set(cuts)].filter((cut) => cut > 0 && cut < length).sort((a, b) => a - b)
}

/** Milliseconds that only a failing case waits for. */
const PATIENCE = 10_000

/** Longest head that is sent byte by byte. */
const BYTEWISE_HEAD = 256
/** Most that may stay in use over a whole run (I7); what the harness keeps is far below. */
const GROWTH = 48 * 1024 * 1024

export class Lab {
  readonly signal = new Signal()
  readonly origins = new Map<string, RecordingOrigin>()
  /** Uncaught errors, with the case at hand (I7). */
  readonly crashes: string[] = []
  address = ''
  #gateway: Gateway | null = null
  #probe: RawClient | null = null
  #probes = 0
  #base = 0
  #at = ''
  readonly #options: LabOptions
  readonly #onCrash = (error: unknown): void => void this.crashes.push(`${this.#at}: ${String(error)}`)

  constructor(options: LabOptions) {
    this.#options = options
  }

  async open(): Promise<void> {
    const upstreams: Record<string, unknown> = {}
    for (const name of this.#options.origins ?? ['main']) {
      const origin = new RecordingOrigin(name, this.signal)
      await origin.start()
      this.origins.set(name, origin)
      upstreams[name] = { discovery: { static: [origin.address] }, ...this.#options.upstream }
    }
    process.on('uncaughtExceptionMonitor', this.#onCrash)
    this.#gateway = await this.#options.gateway({
      workers: 0,
      watch: false,
      admin: 'off',
      listeners: [{ name: 'web', bind: '127.0.0.1:0', ...this.#options.listener }],
      routes: this.#options.routes ?? [{ name: 'all', to: 'main' }],
      upstreams,
      ...this.#options.top,
    })
    this.address = new URL((await this.#gateway.start()).listeners.web ?? '').host
    await this.probe()
    this.#base = bytesInUse()
  }

  async close(): Promise<void> {
    this.#probe?.destroy()
    await this.#gateway?.close()
    for (const origin of this.origins.values()) await origin.close()
    process.off('uncaughtExceptionMonitor', this.#onCrash)
  }

  /** I5: a second client on the same connection pool gets its own answer. */
  async probe(): Promise<string[]> {
    const target = `/probe-${++this.#probes}`
    if (this.#probe === null || this.#probe.closed) this.#probe = await RawClient.open(this.address, [], this.signal)
    const client = this.#probe
    const count = client.reader.responses.length
    client.send(`GET ${target} HTTP/1.1\r\nHost: ${this.#options.probeHost ?? 'a'}\r\n\r\n`)
    await this.signal.until(() => client.closed || client.reader.responses[count]?.complete === true, PATIENCE)
    const response = client.reader.responses[count]
    if (client.reader.responses.length > 1000) this.#renewProbe()
    if (response?.status === 200 && response.body === `GET ${target}`) return []
    this.#renewProbe()
    return [
      `I5: a probe got ${response === undefined ? `nothing${client.closed ? ' but the end' : ''}` : JSON.stringify(`${response.status} ${response.body.slice(0, 80)}`)}`,
    ]
  }

  #renewProbe(): void {
    this.#probe?.destroy()
    this.#probe = null
  }

  /** Runs one case; every problem is one line. */
  async run(entry: CorpusCase, sending: Sending = 'whole'): Promise<string[]> {
    this.#at = entry.id
    const patience = this.#options.patience ?? PATIENCE
    for (const origin of this.origins.values()) origin.begin(entry.origin ?? null)
    const client = await RawClient.open(this.address, entry.methods ?? [], this.signal)
    await client.sendPieces(entry.bytes, cutsOf(entry.bytes, sending))
    const problems = await this.#play(entry, client, patience)
    await this.signal.until(() => this.#isOver(entry, client), patience)
    const expects = 'kind' in entry.expect ? [entry.expect] : entry.expect
    if (expects.some((expect) => expect.kind === 'aborted' || expect.kind === 'early'))
      await this.signal.until(() => this.#heldOpen() === 0, this.#options.patience ?? PATIENCE)
    const outcome: Outcome = {
      client,
      requests: new Map([...this.origins].map(([name, origin]) => [name, [...origin.requests]])),
      strayBytes: this.#connections()
        .map((connection) => connection.splitter.rest)
        .join(''),
      heldOpen: this.#heldOpen(),
    }
    const before = this.#requests().length
    problems.push(...(await this.probe()))
    const late = this.#requests().slice(before)
    if (late.length !== 1) problems.push(`I3: ${late.length} requests at the origins where one probe was sent`)
    for (const request of late) problems.push(...canonicalComplaints(request))
    problems.push(...judge(entry, outcome))
    client.destroy()
    return problems
  }

  /**
   * Sends anything, cut anywhere, and the end of the client's side behind it: says which invariants did not hold, and what the
   * origins got, as nobody knows what should come of it.
   */
  async runAnything(entry: Anything): Promise<{ problems: string[]; requests: readonly SeenRequest[] }> {
    this.#at = entry.name
    const patience = this.#options.patience ?? PATIENCE
    for (const origin of this.origins.values()) origin.begin(entry.origin)
    const client = await RawClient.open(this.address, [], this.signal)
    await client.sendPieces(entry.bytes, entry.cuts)
    client.fin()
    const problems: string[] = []
    if (!(await this.signal.until(() => client.closed, patience))) problems.push('I4: the connection is still open')
    for (const origin of this.origins.values()) origin.script = null
    await this.#played(patience)
    if (!(await this.signal.until(() => this.#heldOpen() === 0, patience))) {
      problems.push('I4: an origin connection with half a request is still open')
    }
    const requests = this.#requests()
    for (const request of requests) problems.push(...canonicalComplaints(request))
    problems.push(...(await this.probe()))
    client.destroy()
    return { problems, requests }
  }

  /** Runs one case of the answers; every problem is one line. */
  async runResponse(entry: ResponseCase): Promise<string[]> {
    const client = await this.#ask(entry.id, entry.origin, entry.request ?? PLAIN_REQUEST, entry.method ?? 'GET')
    const expects = 'kind' in entry.expect ? [entry.expect] : entry.expect
    const isOpen = (): boolean => this.#connections().some((connection) => connection.carried && !connection.closed)
    if (expects.every((expect) => expect.kind !== 'passed' || expect.pooled === false))
      await this.signal.until(() => !isOpen(), this.#options.patience ?? PATIENCE)
    if (expects.every((expect) => expect.kind === 'passed' && expect.closes))
      await this.signal.until(() => client.closed, this.#options.patience ?? PATIENCE)
    for (const origin of this.origins.values()) origin.script = null
    const problems = await this.probe()
    problems.push(...judgeResponse(entry, { client, open: isOpen() ? 1 : 0 }))
    client.destroy()
    return problems
  }

  /** One plain request that the origin answers by this script: the client, when all is over, and the invariants that did not hold. */
  async runAnswer(name: string, origin: Script): Promise<{ problems: string[]; client: RawClient }> {
    const client = await this.#ask(name, origin, PLAIN_REQUEST, 'GET')
    for (const each of this.origins.values()) each.script = null
    const problems = await this.probe()
    client.destroy()
    return { problems, client }
  }

  /** Sends a request and waits for its answer and the end of the origin's script. */
  async #ask(name: string, script: Script, request: string, method: string): Promise<RawClient> {
    this.#at = name
    const patience = this.#options.patience ?? PATIENCE
    for (const origin of this.origins.values()) origin.begin(script)
    const client = await RawClient.open(this.address, [method], this.signal)
    client.send(request)
    await this.signal.until(() => client.closed || client.reader.responses[0]?.complete === true, patience)
    await this.#played(patience)
    return client
  }

  /**
   * Every script has come to its end and what it sent has arrived: an unsolicited answer that is still under way when the next
   * request goes out cannot be told from that one's own.
   */
  async #played(patience: number): Promise<void> {
    await this.signal.until(() => [...this.origins.values()].every((origin) => origin.playing === 0), patience)
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
  }

  async #play(entry: CorpusCase, client: RawClient, patience: number): Promise<string[]> {
    const { reader } = client
    for (const step of entry.steps ?? []) {
      const [interim, answers] = [reader.interim.length, reader.responses.length]
      const { wait } = step
      const reached =
        typeof wait === 'number'
          ? await new Promise((resolve) => setTimeout(resolve, wait, true))
          : await this.signal.until(() => {
              if (client.closed) return true
              if (wait === 'interim') return reader.interim.length > 0 || interim > 0
              if (wait === 'origin') return this.#requests().length > 0
              return reader.responses[Math.max(answers - 1, 0)]?.complete === true
            }, patience)
      if (!reached) return [`waited in vain for ${wait}`]
      if (step.send !== undefined) client.send(step.send)
      if (step.fin === true) client.fin()
    }
    return []
  }

  #connections() {
    return [...this.origins.values()].flatMap((origin) => origin.connections)
  }

  #requests() {
    return [...this.origins.values()].flatMap((origin) => origin.requests)
  }

  #heldOpen(): number {
    return this.#connections().filter(
      (connection) => connection.carried && !connection.closed && connection.splitter.requests.at(-1)?.complete === false,
    ).length
  }

  #isOver(entry: CorpusCase, client: RawClient): boolean {
    if (client.closed) return true
    const expects = 'kind' in entry.expect ? [entry.expect] : entry.expect
    const { responses } = client.reader
    const last = responses.at(-1)
    if (last?.complete !== true || responses.length < Math.max(...expects.map(responsesWanted))) return false
    return !last.closes && !(expects.every(mustClose) && last.closes)
  }

  /** Runs all cases as they are, and those with a short head byte by byte and in pieces as well (PI-04, I6). */
  async runAll(t: Test, cases: readonly CorpusCase[]): Promise<void> {
    for (const entry of cases) {
      const title = `${entry.id} ${entry.name === '' ? show(entry.bytes) : entry.name}`
      t.strictSame(await this.run(entry), [], title)
      const head = entry.bytes.indexOf('\r\n\r\n')
      if (head > BYTEWISE_HEAD || entry.bytes.length > 2 * BYTEWISE_HEAD) continue
      t.strictSame(await this.run(entry, 'bytes'), [], `${title} (byte by byte)`)
      t.strictSame(await this.run(entry, 'pieces'), [], `${title} (in pieces)`)
    }
    t.strictSame(this.crashes, [], 'I7: nothing was thrown')
    t.ok(bytesInUse() - this.#base < GROWTH, 'I7: memory is back to where it was')
  }
}
