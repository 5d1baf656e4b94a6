// A watch on a DNS name with a clock that is turned by hand.

import type { Test } from 'tap'
import { type DnsSpec, dnsDiscovery } from '../../src/discovery/dns.ts'
import { Deadlines } from '../../src/model/deadlines.ts'
import type { EndpointSpec } from '../../src/model/endpoint.ts'
import { type DnsServer, startDns } from '../support/dns-server.ts'
import { pause, until } from '../support/until.ts'

export const NAME = 'users.test'

export interface Told {
  readonly endpoints: readonly EndpointSpec[]
  readonly trouble: string
}

export class WatchedDns {
  readonly server: DnsServer
  readonly found: Told[] = []
  readonly failures: string[] = []
  stop: () => void = () => {}
  #now = 0
  readonly #deadlines = new Deadlines({ now: () => this.#now, wall: () => this.#now })

  constructor(server: DnsServer) {
    this.server = server
  }

  begin(spec: Partial<DnsSpec>, random: () => number): void {
    const { address } = this.server
    const whole: DnsSpec = { name: NAME, port: 80, type: 'a', refresh: null, resolver: [address], local: true, ...spec }
    this.stop = dnsDiscovery({ deadlines: this.#deadlines, random }).watch(
      whole,
      (endpoints, trouble = '') => this.found.push({ endpoints, trouble }),
      (reason) => this.failures.push(reason),
    )
  }

  get addresses(): readonly string[] {
    return this.found.at(-1)?.endpoints.map(({ address }) => address) ?? []
  }

  /** Turns the clock by `seconds`, and lets what became due begin. */
  async advance(seconds: number): Promise<void> {
    this.#now += seconds * 1000
    this.#deadlines.turn()
    await pause(1)
  }

  /** Turns the clock by `seconds` and waits for the good answer that comes of it. */
  async foundAfter(seconds: number): Promise<Told> {
    const { length } = this.found
    await this.advance(seconds)
    await until('a good answer', () => this.found.length > length)
    return this.found[length] as Told
  }

  async firstFound(): Promise<Told> {
    await until('a good answer', () => this.found.length > 0)
    return this.found[0] as Told
  }

  /** Waits for the first failure while time passes. */
  async firstFailure(): Promise<string> {
    await until('a failure', async () => {
      await this.advance(0.2)
      return this.failures.length > 0
    })
    return this.failures[0] as string
  }
}

export interface WatchOptions extends Partial<DnsSpec> {
  /** 0 by default: no jitter. */
  readonly random?: () => number
}

/** `prepare` fills the server before it is asked. */
export async function watchDns(
  t: Test,
  prepare: (server: DnsServer) => void,
  { random = () => 0, ...spec }: WatchOptions = {},
): Promise<WatchedDns> {
  const server = await startDns(t)
  prepare(server)
  const watched = new WatchedDns(server)
  watched.begin(spec, random)
  t.teardown(() => watched.stop())
  return watched
}
