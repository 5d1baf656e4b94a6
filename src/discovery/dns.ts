// Endpoints by DNS: asks when the answer's time is over, keeps the last good one when there is none.

import type { Random } from '../model/clock.ts'
import { Alarm, type Deadlines } from '../model/deadlines.ts'
import type { Discovery } from '../model/discovery.ts'
import type { EndpointSpec } from '../model/endpoint.ts'
import { isOwnMachine } from '../model/own-machine.ts'
import { findAddresses } from './dns-addresses.ts'
import { DnsLookup } from './dns-lookup.ts'
import { addressWithPort, findServices } from './dns-services.ts'
import { byAddress } from './share-weights.ts'

export interface DnsSpec {
  readonly name: string
  /** Of type a. */
  readonly port: number | null
  readonly type: 'a' | 'srv'
  /** Milliseconds; null = by TTL. */
  readonly refresh: number | null
  /** `ip:port`; empty = those of the system. */
  readonly resolver: readonly string[]
  /** Addresses that mean this machine, or only its links, count too. */
  readonly local: boolean
}

export interface DnsEnvironment {
  /** Turned by its owner; has the clock. */
  readonly deadlines: Deadlines
  readonly random: Random
}

/** Bounds of what a TTL may say. */
const MIN_REFRESH_MS = 1000
const MAX_REFRESH_MS = 300_000
/** Later than asked by up to this share: upstreams and gateways do not ask in step, and no cache is asked before its time. */
const JITTER = 0.1
const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 30_000
/** Of one upstream. */
export const MAX_ENDPOINTS = 1000

export function dnsDiscovery(environment: DnsEnvironment): Discovery<DnsSpec> {
  return {
    name: 'dns',
    watch(spec, publish, failed) {
      const watch = new DnsWatch(spec, environment, publish, failed)
      return () => watch.stop()
    },
  }
}

interface Found {
  readonly endpoints: readonly EndpointSpec[]
  /** Seconds. */
  readonly ttl: number
  readonly trouble: string
}

class DnsWatch {
  readonly #spec: DnsSpec
  readonly #environment: DnsEnvironment
  readonly #publish: (endpoints: readonly EndpointSpec[], trouble: string) => void
  readonly #failed: (reason: string) => void
  readonly #stopped = new AbortController()
  readonly #alarm = new Alarm(() => void this.#look())
  readonly #lookup: DnsLookup
  #failures = 0

  constructor(
    spec: DnsSpec,
    environment: DnsEnvironment,
    publish: (endpoints: readonly EndpointSpec[], trouble: string) => void,
    failed: (reason: string) => void,
  ) {
    this.#spec = spec
    this.#environment = environment
    this.#publish = publish
    this.#failed = failed
    this.#lookup = new DnsLookup(spec.resolver, { deadlines: environment.deadlines, signal: this.#stopped.signal })
    void this.#look()
  }

  stop(): void {
    this.#stopped.abort()
    this.#environment.deadlines.remove(this.#alarm)
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const found = await this.#find().catch((error: Error) => error)
    if (this.#stopped.signal.aborted) return
    if (found instanceof Error) {
      const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures++, 10))
      this.#again(longest * (1 - this.#environment.random() / 2))
      this.#failed(found.message)
      return
    }
    this.#failures = 0
    const byTtl = Math.min(MAX_REFRESH_MS, Math.max(MIN_REFRESH_MS, found.ttl * 1000))
    const refresh = this.#spec.refresh ?? byTtl
    // What is missing is asked for soon.
    const soon = found.trouble === '' ? refresh : Math.min(refresh, LONGEST_RETRY_MS)
    this.#again(soon * (1 + JITTER * this.#environment.random()))
    this.#publish(found.endpoints, found.trouble)
  }

  #again(ms: number): void {
    this.#environment.deadlines.arm(this.#alarm, ms)
  }

  async #find(): Promise<Found> {
    const { endpoints, ttl, trouble } = await (this.#spec.type === 'srv'
      ? findServices(this.#lookup, this.#spec.name)
      : this.#findAddresses())
    this.#lookup.forgetOthers()
    // Nothing in it is new.
    if (ttl === Number.POSITIVE_INFINITY) throw new Error(trouble)
    return this.#few(this.#spec.local ? { endpoints, ttl, trouble } : withoutOwn({ endpoints, ttl, trouble }))
  }

  #few({ endpoints, ttl, trouble }: Found): Found {
    if (endpoints.length <= MAX_ENDPOINTS) return { endpoints, ttl, trouble }
    const tooMany = `${endpoints.length} endpoints, of which the first ${MAX_ENDPOINTS} by address are used`
    return { endpoints: endpoints.slice(0, MAX_ENDPOINTS), ttl, trouble: trouble === '' ? tooMany : `${tooMany}; ${trouble}` }
  }

  async #findAddresses(): Promise<Found> {
    const { addresses, ttl, trouble } = await findAddresses(this.#lookup, this.#spec.name)
    const port = this.#spec.port ?? 0
    const endpoints = addresses.map((address) => ({ address: addressWithPort(address, port), weight: 1 }))
    return { endpoints: endpoints.sort(byAddress), ttl, trouble }
  }
}

function withoutOwn({ endpoints, ttl, trouble }: Found): Found {
  const allowed = endpoints.filter(({ address }) => !isOwnMachine(hostOf(address)))
  if (allowed.length === endpoints.length) return { endpoints, ttl, trouble }
  const [first] = endpoints.filter((endpoint) => !allowed.includes(endpoint))
  const left = `${hostOf(first?.address ?? '')} means this machine or its links, and is not used`
  return { endpoints: allowed, ttl, trouble: trouble === '' ? left : `${left}; ${trouble}` }
}

/** `10.0.0.1:80` → `10.0.0.1`, `[::1]:80` → `::1`. */
const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1')
