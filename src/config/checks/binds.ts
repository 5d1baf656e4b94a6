// Addresses that are bound: no two may claim the same, and the admin API stays on loopback unless a token guards it.

import { BlockList, isIP } from 'node:net'
import { type Address, readAddress } from '../addresses.ts'
import { type Finding, finding, type Path } from '../problem.ts'
import { Refusal } from '../written.ts'
import type { Outline } from './outline.ts'
import type { Where } from './references.ts'

interface Bind {
  /** `listener "web"` or `admin`. */
  readonly owner: string
  readonly text: string
  readonly path: Path
  readonly address: Address
}

export function checkBinds({ listeners, admin }: Outline, where: Where): Finding[] {
  const binds: Bind[] = []
  const add = (owner: string, text: string, path: Path): void => {
    const address = readAddress(text)
    if (!(address instanceof Refusal)) binds.push({ owner, text, path, address })
  }
  for (const { name, bind } of listeners) {
    for (const { text, path } of bind) add(`listener "${name ?? ''}"`, text, path)
  }
  if (admin) add('admin', admin.bind.text, admin.bind.path)
  return [...conflicts(binds, where), ...unguarded(admin)]
}

function conflicts(binds: readonly Bind[], where: Where): Finding[] {
  const claimed = new Map<string | number, Bind[]>()
  const found: Finding[] = []
  for (const bind of binds) {
    const { address } = bind
    if (address.type !== 'unix' && address.port === 0) continue
    const key = address.type === 'unix' ? address.path : address.port
    const others = claimed.get(key) ?? []
    const other = others.find((before) => overlap(before.address, address) && !shared(before, bind))
    if (other) found.push(conflict(bind, other, where))
    claimed.set(key, [...others, bind])
  }
  return found
}

/** Two listeners may be on one address, see sharing.ts; it must be written alike, because it is bound once. */
const shared = (one: Bind, two: Bind): boolean =>
  one.text === two.text && one.owner !== two.owner && one.path[0] === 'listeners' && two.path[0] === 'listeners'

function conflict(bind: Bind, other: Bind, where: Where): Finding {
  const otherPlace =
    other.path[0] === 'admin' ? `${other.text} of admin` : `${other.text} of ${other.owner} at ${where(other.path)}`
  return finding(bind.path, `${bind.text} of ${bind.owner} conflicts with ${otherPlace}`)
}

/** Whether two addresses of one port or path are the same in part. Names are only known to be what they say. */
function overlap(a: Address, b: Address): boolean {
  if (a.type === 'unix' || b.type === 'unix') return true
  const hosts = [canonical(a.host), canonical(b.host)] as const
  if (hosts[0] === hosts[1] || hosts.includes('::')) return true
  const others = (['0.0.0.0', 'localhost'] as const).filter((special) => hosts.includes(special))
  if (others.length === 0) return false
  const other = hosts[0] === others[0] ? hosts[1] : hosts[0]
  return others[0] === '0.0.0.0' ? isIP(other) !== 6 : other === '127.0.0.1' || other === '::1'
}

/** One spelling for each address; an IPv4 address in IPv6 is the IPv4 address. */
function canonical(host: string): string {
  if (isIP(host) !== 6) return host
  const short = new URL(`http://[${host.replace(/%.*$/, '')}]`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short)
  if (!mapped) return short
  const bits = Number.parseInt(mapped[1] as string, 16) * 65536 + Number.parseInt(mapped[2] as string, 16)
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.')
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

function unguarded(admin: Outline['admin']): Finding[] {
  if (!admin || (admin.token !== undefined && admin.token !== null)) return []
  const address = readAddress(admin.bind.text)
  if (address instanceof Refusal || address.type === 'unix' || address.host === 'localhost') return []
  const host = canonical(address.host)
  const family = isIP(host)
  if (family !== 0 && LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4')) return []
  return [finding(admin.bind.path, `admin is bound to ${admin.bind.text}, elsewhere than on loopback: it needs a token`)]
}
