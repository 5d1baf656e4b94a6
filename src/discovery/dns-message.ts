// DNS messages (RFC 1035, SRV: RFC 2782, EDNS: RFC 6891): a question to bytes, and bytes to what they answer.

import { isIPv4, isIPv6 } from 'node:net'
import { type Answer, type DecodedPacket, decode, encode, RECURSION_DESIRED } from 'dns-packet'

export type RecordType = 'A' | 'AAAA' | 'SRV'

export interface Question {
  /** Lower case, without trailing dot. */
  readonly name: string
  readonly type: RecordType
}

export interface SrvTarget {
  readonly host: string
  readonly port: number
  readonly priority: number
  readonly weight: number
}

/** What is used of a record; its name in lower case, without trailing dot. */
export type DnsRecord = { readonly name: string /** Seconds. */; readonly ttl: number } & (
  | { readonly type: 'A' | 'AAAA' | 'CNAME'; readonly data: string }
  | { readonly type: 'SRV'; readonly data: SrvTarget }
)

export interface Reply {
  /** RFC 1035 4.1.1. */
  readonly code: number
  readonly truncated: boolean
  readonly answers: readonly DnsRecord[]
  readonly additionals: readonly DnsRecord[]
}

export const NO_ERROR = 0
export const FORMAT_ERROR = 1
export const NAME_ERROR = 3

/** What fits through every path without fragments (the DNS flag day's number). */
const UDP_PAYLOAD = 1232
/** A TTL with its highest bit set is zero (RFC 2181 8). */
const MAX_TTL = 2 ** 31 - 1

/** `extended` announces larger UDP answers, which a few old servers call a format error. */
export function writeQuestion(id: number, { name, type }: Question, extended: boolean): Buffer {
  const additionals: Answer[] = extended
    ? [
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: UDP_PAYLOAD,
          extendedRcode: 0,
          ednsVersion: 0,
          flags: 0,
          flag_do: false,
          options: [],
        },
      ]
    : []
  return encode({ type: 'query', id, flags: RECURSION_DESIRED, questions: [{ name, type, class: 'IN' }], additionals })
}

/** null: no answer to this question, or not readable. */
export function readReply(bytes: Buffer, id: number, question: Question): Reply | null {
  let packet: DecodedPacket
  try {
    packet = decode(bytes)
  } catch {
    return null
  }
  const [asked, ...more] = packet.questions ?? []
  if (packet.id !== id || packet.type !== 'response' || more.length > 0) return null
  const flags = packet.flags ?? 0
  const code = flags & 0xf
  // A server that could not even read the question may leave it out.
  if (asked === undefined ? code !== FORMAT_ERROR : !isSame(asked, question)) return null
  if ((flags & 0x7800) !== 0) return null
  return {
    code,
    truncated: packet.flag_tc,
    answers: (packet.answers ?? []).flatMap(recordOf),
    additionals: (packet.additionals ?? []).flatMap(recordOf),
  }
}

function isSame(asked: { name: string; type: string; class?: string | undefined }, { name, type }: Question): boolean {
  return plainName(asked.name) === name && asked.type === type && asked.class === 'IN'
}

function recordOf(record: Answer): DnsRecord | [] {
  if (record.type === 'OPT' || record.class !== 'IN') return []
  const name = plainName(record.name)
  const ttl = (record.ttl ?? 0) > MAX_TTL ? 0 : (record.ttl ?? 0)
  switch (record.type) {
    case 'A':
      return isIPv4(record.data) && record.data !== '0.0.0.0' ? { name, ttl, type: 'A', data: record.data } : []
    case 'AAAA':
      return isIPv6(record.data) && record.data !== '::' ? { name, ttl, type: 'AAAA', data: record.data } : []
    case 'CNAME':
      return { name, ttl, type: 'CNAME', data: plainName(record.data) }
    case 'SRV': {
      const { target, port, priority = 0, weight = 0 } = record.data
      const host = plainName(target)
      return port > 0 && canBeAsked(host) ? { name, ttl, type: 'SRV', data: { host, port, priority, weight } } : []
    }
    default:
      return []
  }
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}

/** Whether it can be written as it was read; the root, which an SRV record says when there is no service, cannot. */
export function canBeAsked(name: string): boolean {
  return /^[!-~]{1,253}$/.test(name) && name.split('.').every((label) => label.length > 0 && label.length <= 63)
}
