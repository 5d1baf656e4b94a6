// What a name has, asked of several servers in turn and through aliases, with the last good answer for each question.

import { Resolver } from 'node:dns'
import { type AskOptions, ask, type Server } from './dns-ask.ts'
import { canBeAsked, type DnsRecord, NAME_ERROR, NO_ERROR, type Question, type RecordType, type Reply } from './dns-message.ts'

/** How often all servers are asked before a question has failed. */
const ROUNDS = 2
const MAX_SERVERS = 3
/** Aliases in a row: more is a loop. */
const MAX_ALIASES = 8

const CODES: Readonly<Record<number, string>> = { 1: 'FORMERR', 2: 'SERVFAIL', 3: 'NXDOMAIN', 4: 'NOTIMP', 5: 'REFUSED' }

/** The records of one name and type; none when the name has none or does not exist. */
export interface Answered {
  readonly records: readonly DnsRecord[]
  /** Beside them, e.g. the addresses of what SRV records name. */
  readonly additionals: readonly DnsRecord[]
  /** Seconds that all of it holds; Infinity without a record. */
  readonly ttl: number
  readonly exists: boolean
  /** Why this is an older answer; '' = it is not. */
  readonly trouble: string
}

export class DnsLookup {
  readonly #servers: () => readonly Server[]
  readonly #options: AskOptions
  readonly #good = new Map<string, Answered>()
  #used = new Set<string>()

  /** `resolvers`: `ip:port` each; empty = those of the system, as they are at that time. */
  constructor(resolvers: readonly string[], options: AskOptions) {
    const given = resolvers.map(serverOf)
    this.#servers = given.length > 0 ? () => given : systemServers
    this.#options = options
  }

  /** With the last good answer when there is none now; rejects when there has never been one. */
  async find(name: string, type: RecordType): Promise<Answered> {
    const key = `${type} ${name}`
    this.#used.add(key)
    try {
      const answered = await this.#follow(name, type)
      this.#good.set(key, answered)
      return answered
    } catch (error) {
      const trouble = `${key}: ${(error as Error).message}`
      const last = this.#good.get(key)
      if (last === undefined) throw new Error(trouble)
      return { ...last, ttl: Number.POSITIVE_INFINITY, trouble }
    }
  }

  /** Forgets what was not asked for since the last call. */
  forgetOthers(): void {
    for (const key of this.#good.keys()) if (!this.#used.has(key)) this.#good.delete(key)
    this.#used = new Set()
  }

  async #follow(name: string, type: RecordType): Promise<Answered> {
    let ttl = Number.POSITIVE_INFINITY
    let current = name
    for (let i = 0; i < MAX_ALIASES; i++) {
      const reply = await this.#askAround({ name: current, type })
      const { alias, aliasTtl } = aliasOf(reply, current)
      const records = reply.answers.filter((record) => record.type === type && record.name === alias)
      ttl = Math.min(ttl, aliasTtl, ...records.map((record) => record.ttl))
      if (records.length > 0 || alias === current || reply.code === NAME_ERROR) {
        return { records, additionals: reply.additionals, ttl, exists: reply.code !== NAME_ERROR, trouble: '' }
      }
      if (!canBeAsked(alias)) throw new Error('an alias that is not a name')
      current = alias
    }
    throw new Error('too many aliases')
  }

  /** The first answer that says something about the name. */
  async #askAround(question: Question): Promise<Reply> {
    let reason = 'the system has no DNS server'
    for (let round = 0; round < ROUNDS; round++) {
      for (const server of this.#servers()) {
        try {
          const reply = await ask(server, question, this.#options)
          if (reply.code === NO_ERROR || reply.code === NAME_ERROR) return reply
          reason = `${addressOf(server)} answers ${CODES[reply.code] ?? `code ${reply.code}`}`
        } catch (error) {
          reason = `${addressOf(server)}: ${(error as Error).message}`
        }
        if (this.#options.signal.aborted) throw new Error('stopped')
      }
    }
    throw new Error(reason)
  }
}

/** Where the aliases of a reply lead from `name`. */
function aliasOf(reply: Reply, name: string): { alias: string; aliasTtl: number } {
  let alias = name
  let aliasTtl = Number.POSITIVE_INFINITY
  for (let i = 0; i < MAX_ALIASES; i++) {
    const next = reply.answers.find((record) => record.type === 'CNAME' && record.name === alias)
    if (next?.type !== 'CNAME') break
    alias = next.data
    aliasTtl = Math.min(aliasTtl, next.ttl)
  }
  return { alias, aliasTtl }
}

/** A new Resolver reads what the system says now. */
function systemServers(): Server[] {
  return new Resolver().getServers().slice(0, MAX_SERVERS).map(serverOf)
}

/** `1.2.3.4`, `1.2.3.4:53`, `::1` or `[::1]:53`. */
function serverOf(written: string): Server {
  const parts = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(written)
  return parts === null ? { host: written, port: 53 } : { host: parts[1] ?? (parts[2] as string), port: Number(parts[3]) }
}

function addressOf({ host, port }: Server): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
