// Addresses and CIDRs as one sequence, in the order written.

import { BlockList, isIP } from 'node:net'

export class AddressPool {
  readonly #written: readonly string[]
  readonly #members = new BlockList()

  /** Addresses and CIDRs. */
  constructor(written: readonly string[]) {
    this.#written = written
    for (const entry of written) {
      const [address = '', bits] = entry.split('/')
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
      if (bits === undefined) this.#members.addAddress(address, family)
      else this.#members.addSubnet(address, Number(bits), family)
    }
  }

  has(address: string): boolean {
    const family = isIP(address)
    return family !== 0 && this.#members.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }

  /** The first that `taken` does not have; null = all are taken. At most as many are looked at as are taken. */
  free(taken: ReadonlySet<string>): string | null {
    for (const entry of this.#written) {
      const [address = '', bits] = entry.split('/')
      const six = isIP(address) === 6
      const width = six ? 128n : 32n
      const size = bits === undefined ? 1n : 1n << (width - BigInt(bits))
      const from = (numberOf(address, six) / size) * size
      for (let i = 0n; i < size; i++) {
        const each = textOf(from + i, six)
        if (!taken.has(each)) return each
      }
    }
    return null
  }
}

/** One spelling for each address; null = it is none. */
export function canonicalAddress(written: string): string | null {
  const family = isIP(written)
  if (family === 0 || written.includes('%')) return null
  return family === 4 ? written : new URL(`http://[${written}]`).hostname.slice(1, -1)
}

export function bindOf(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

function numberOf(address: string, six: boolean): bigint {
  if (!six) return BigInt(address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0))
  const [head = '', tail] = (canonicalAddress(address) ?? '').split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const middle = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0')
  return BigInt(`0x${[...left, ...middle, ...right].map((part) => part.padStart(4, '0')).join('')}`)
}

function textOf(value: bigint, six: boolean): string {
  if (!six) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.')
  const hex = value.toString(16).padStart(32, '0')
  return canonicalAddress((hex.match(/.{4}/g) ?? []).join(':')) ?? ''
}
