// Which addresses each Gateway has. What a Gateway asks for goes first, then what it has already, then the first free one.

import { AddressPool, bindOf, canonicalAddress } from './address-pool.ts'
import { fieldOf, listOf } from './conditions.ts'
import type { GatewaySpec, Kept } from './kinds.ts'
import type { ServiceSettings } from './service-addresses.ts'

export type AddressSettings =
  /** Each Gateway has one of its own. */
  | { readonly pool: readonly string[] }
  /** All Gateways have all of these. */
  | { readonly shared: readonly string[] }
  /** Each Gateway has those of a Service. */
  | { readonly service: ServiceSettings }

export interface Trouble {
  readonly reason: string
  readonly message: string
  /** The same for clients, where the message quotes what is written. */
  readonly brief?: string
  /** Nobody has to do anything about it. */
  readonly passing?: true
}

export interface Addresses {
  /** Shown, in one spelling each. */
  readonly values: readonly string[]
  /** Where ports of it are listened on; null = on these addresses, as they are. */
  readonly behind: Behind | null
  /** Why the Gateway is not accepted; null = it is. */
  readonly refused: Trouble | null
  /** What is not as asked for; null = nothing. */
  readonly trouble: Trouble | null
}

/** What a Service leads to. */
export interface Behind {
  readonly bind: string
  /** By port of the Gateway; one that is not there leads nowhere yet. */
  readonly ports: ReadonlyMap<number, number>
}

export interface AddressSource {
  /** Whether listeners of different Gateways meet on one address. */
  readonly shared: boolean
  /** By uid. `gateways`: oldest first. `portsOf` = what listeners of a Gateway ask for. */
  assign(gateways: readonly Gateway[], portsOf: (gateway: Gateway) => readonly number[]): ReadonlyMap<string, Addresses>
}

/** Where a port of a listener is listened on. */
export function placesOf({ values, behind }: Addresses, port: number): { address: string; port: number; bind: string }[] {
  if (behind === null) return values.map((address) => ({ address, port, bind: bindOf(address, port) }))
  const own = behind.ports.get(port)
  return own === undefined ? [] : [{ address: behind.bind, port: own, bind: bindOf(behind.bind, own) }]
}

type Gateway = Kept<GatewaySpec>

const IP_ADDRESS = 'IPAddress'

export class AddressBook implements AddressSource {
  readonly #shared: readonly string[] | null
  readonly #pool: AddressPool
  /** By uid, what each Gateway had: until its status says so, this keeps it from moving when another one is created. */
  #had = new Map<string, readonly string[]>()

  constructor(settings: Exclude<AddressSettings, { readonly service: unknown }>) {
    this.#shared = 'shared' in settings ? settings.shared.map((each) => canonicalAddress(each) ?? each) : null
    this.#pool = new AddressPool('pool' in settings ? settings.pool : settings.shared)
  }

  /** Whether listeners of different Gateways meet on one address. */
  get shared(): boolean {
    return this.#shared !== null
  }

  /** By uid. `gateways`: oldest first. */
  assign(gateways: readonly Gateway[]): ReadonlyMap<string, Addresses> {
    const found = this.#shared === null ? this.#allot(gateways) : this.#share(gateways, this.#shared)
    this.#had = new Map([...found].map(([uid, { values }]) => [uid, values]))
    return found
  }

  #share(gateways: readonly Gateway[], shared: readonly string[]): Map<string, Addresses> {
    return new Map(
      gateways.map(({ meta, spec }) => {
        const { values, refused } = requestsOf(spec)
        const bad = values.find((value) => value !== null && !shared.includes(value))
        const named = values.filter((value) => value !== null && shared.includes(value)) as string[]
        const trouble = bad === undefined ? null : notUsable(`${bad} is not one of the shared addresses (${shared.join(', ')})`)
        return [
          meta.uid,
          {
            values: named.length > 0 ? [...new Set(named)] : bad === undefined ? shared : [],
            behind: null,
            refused,
            trouble,
          },
        ]
      }),
    )
  }

  #allot(gateways: readonly Gateway[]): Map<string, Addresses> {
    const taken = new Set<string>()
    const found = new Map<string, Addresses & { values: string[]; missing: number; trouble: Trouble | null }>()
    for (const { meta, spec } of gateways) {
      const { values, refused } = requestsOf(spec)
      const entry = { values: [] as string[], behind: null, missing: 0, refused, trouble: null as Trouble | null }
      found.set(meta.uid, entry)
      for (const value of values) {
        if (value === null) entry.missing++
        else if (!this.#pool.has(value)) entry.trouble ??= notUsable(`${value} is not in the pool of addresses of this gateway`)
        else if (taken.has(value)) entry.trouble ??= notUsable(`${value} belongs to another Gateway`)
        else {
          taken.add(value)
          entry.values.push(value)
        }
      }
    }
    const keep = (of: (gateway: Gateway) => readonly string[]): void => {
      for (const gateway of gateways) {
        const entry = found.get(gateway.meta.uid)
        if (entry === undefined) continue
        for (const value of of(gateway)) {
          if (entry.missing === 0 || taken.has(value) || !this.#pool.has(value)) continue
          taken.add(value)
          entry.values.push(value)
          entry.missing--
        }
      }
    }
    keep(({ status }) => addressesIn(status))
    keep(({ meta }) => this.#had.get(meta.uid) ?? [])
    for (const entry of found.values()) {
      for (; entry.missing > 0; entry.missing--) {
        const value = this.#pool.free(taken)
        if (value === null) {
          entry.trouble ??= { reason: 'AddressNotAssigned', message: 'every address of the pool of this gateway is taken' }
          break
        }
        taken.add(value)
        entry.values.push(value)
      }
    }
    return found
  }
}

export function notUsable(message: string): Trouble {
  return { reason: 'AddressNotUsable', message }
}

/** null = any address. */
export function requestsOf({ addresses = [] }: GatewaySpec): { values: readonly (string | null)[]; refused: Trouble | null } {
  if (addresses.length === 0) return { values: [null], refused: null }
  const other = addresses.find(({ type = IP_ADDRESS }) => type !== IP_ADDRESS)
  const refused =
    other === undefined
      ? null
      : { reason: 'UnsupportedAddress', message: `addresses of type ${other.type} are not supported: only ${IP_ADDRESS} is` }
  const own = addresses.filter(({ type = IP_ADDRESS }) => type === IP_ADDRESS)
  return { values: own.map(({ value = '' }) => (value === '' ? null : (canonicalAddress(value) ?? value))), refused }
}

function addressesIn(status: unknown): string[] {
  return listOf(fieldOf(status, 'addresses')).flatMap((each) => canonicalAddress(String(fieldOf(each, 'value') ?? '')) ?? [])
}
