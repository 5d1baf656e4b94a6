// A certificate authority for this machine: P-256 keys and the certificates that browsers and curl ask for (RFC 5280), written
// as DER by hand, because a certificate of one fixed form takes less than any library for all forms.

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP, isIPv4, SocketAddress } from 'node:net'

/** PEM texts. */
export interface Issued {
  readonly cert: string
  readonly key: string
}

export interface Wanted {
  readonly commonName: string
  /** Names of hosts (also `*.name`) and IP addresses; empty = none. */
  readonly names: readonly string[]
  readonly use: 'server' | 'client'
  /** Days that it is valid, from an hour ago on. Browsers take at most 398. */
  readonly days: number
}

const tlv = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}
const sequence = (...parts: readonly Buffer[]): Buffer => tlv(0x30, ...parts)
const text = (tag: number, value: string): Buffer => tlv(tag, Buffer.from(value))
const octets = (...parts: readonly Buffer[]): Buffer => tlv(0x04, ...parts)
const bits = (content: Buffer, unused = 0): Buffer => tlv(0x03, Buffer.from([unused]), content)
const TRUE = Buffer.from([0x01, 0x01, 0xff])

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const arc of rest) {
    const groups = [arc & 0x7f]
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80)
    bytes.push(...groups)
  }
  return tlv(0x06, Buffer.from(bytes))
}

const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'))
const nameOf = (commonName: string): Buffer => sequence(tlv(0x31, sequence(oid('2.5.4.3'), text(0x0c, commonName))))

/** `YYYYMMDDhhmmssZ`: UTCTime until 2049, GeneralizedTime from then on. */
function time(date: Date): Buffer {
  const digits = `${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`
  return date.getUTCFullYear() < 2050 ? text(0x17, digits.slice(2)) : text(0x18, digits)
}

const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  sequence(oid(id), ...(critical ? [TRUE] : []), octets(value))

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address
  const [before = '', after = ''] = canonical.split('::')
  const groups = (part: string): string[] => part.split(':').filter((group) => group !== '')
  const [left, right] = [groups(before), groups(after)]
  const all = [...left, ...new Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex')
}

const altNames = (names: readonly string[]): Buffer =>
  sequence(...names.map((name) => (isIP(name) === 0 ? text(0x82, name) : tlv(0x87, addressBytes(name)))))

const keyId = (key: KeyObject): Buffer =>
  createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()

interface Signer {
  readonly name: Buffer
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

function certificate(signer: Signer, subject: Buffer, key: KeyObject, days: number, extensions: readonly Buffer[]): string {
  const now = Date.now()
  const serial = randomBytes(16)
  // Positive, and not beginning with a zero byte.
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, serial),
    ECDSA_WITH_SHA256,
    signer.name,
    sequence(time(new Date(now - 3_600_000)), time(new Date(now - 3_600_000 + days * 86_400_000))),
    subject,
    key.export({ type: 'spki', format: 'der' }),
    tlv(
      0xa3,
      sequence(
        ...extensions,
        extension('2.5.29.14', false, octets(keyId(key))),
        extension('2.5.29.35', false, sequence(tlv(0x80, keyId(signer.publicKey)))),
      ),
    ),
  )
  const der = sequence(body, ECDSA_WITH_SHA256, bits(sign('sha256', body, signer.privateKey)))
  const lines = der.toString('base64').replace(/.{64}(?!$)/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

const newKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string

export class LocalAuthority {
  readonly cert: string
  readonly key: string
  readonly #signer: Signer

  /** Ten years. */
  constructor(commonName: string) {
    const keys = newKeys()
    this.#signer = { name: nameOf(commonName), ...keys }
    this.key = pemOf(keys.privateKey)
    this.cert = certificate(this.#signer, this.#signer.name, keys.publicKey, 3650, [
      extension('2.5.29.19', true, sequence(TRUE, tlv(0x02, Buffer.from([0])))),
      // keyCertSign and cRLSign
      extension('2.5.29.15', true, bits(Buffer.from([0x06]), 1)),
    ])
  }

  issue({ commonName, names, use, days }: Wanted): Issued {
    const keys = newKeys()
    const cert = certificate(this.#signer, nameOf(commonName), keys.publicKey, days, [
      extension('2.5.29.19', true, sequence()),
      // digitalSignature
      extension('2.5.29.15', true, bits(Buffer.from([0x80]), 7)),
      extension('2.5.29.37', false, sequence(oid(use === 'server' ? '1.3.6.1.5.5.7.3.1' : '1.3.6.1.5.5.7.3.2'))),
      ...(names.length === 0 ? [] : [extension('2.5.29.17', false, altNames(names))]),
    ])
    return { cert, key: pemOf(keys.privateKey) }
  }
}
