// Addresses, CIDRs and host names as they are written.

import { isIP, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { patternOrEnvironment, Refusal, refuse, text } from './written.ts'

/** What an address says. A name is resolved when it is bound or connected to, not here. */
export type Address =
  | { readonly type: 'unix'; readonly path: string }
  | { readonly type: 'ip' | 'name'; readonly host: string; readonly port: number }

const NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/i
/** The shortest limit among the systems that Node runs on, less the closing zero. */
const MAX_UNIX_PATH = 103

/** Reads `1.2.3.4:80`, `[::1]:80`, `name:80` or `unix:/path`. Ports below `minPort` are refused. */
export function readAddress(written: string, minPort = 0): Address | Refusal {
  if (written.startsWith('unix:')) {
    const path = written.slice(5)
    if (!path.startsWith('/') || path.includes('\0'))
      return refuse(`"${written}": a unix socket needs an absolute path, as unix:/run/a.sock`)
    return Buffer.byteLength(path) > MAX_UNIX_PATH ? refuse(`"${written}": the path is too long`) : { type: 'unix', path }
  }
  const parts = /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(written)
  if (!parts) return refuse(addressHint(written))
  const [, bracketed, plain = '', portText = ''] = parts
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : -1
  if (port < minPort || port > 65535) return refuse(`"${written}": the port must be from ${minPort} to 65535`)
  if (bracketed !== undefined) {
    return isIPv6(bracketed)
      ? { type: 'ip', host: bracketed, port }
      : refuse(`"${written}": "${bracketed}" is not an IPv6 address`)
  }
  if (isIP(plain) === 4) return { type: 'ip', host: plain, port }
  if (/^[\d.]+$/.test(plain)) return refuse(`"${written}": "${plain}" is not an IPv4 address`)
  return NAME.test(plain) ? { type: 'name', host: plain.toLowerCase(), port } : refuse(addressHint(written))
}

function addressHint(written: string): string {
  if (/^[a-z]+:\/\//i.test(written)) return `"${written}" is a URL: an address is written without a scheme, as 127.0.0.1:80`
  if (isIPv6(written)) return `"${written}": an IPv6 address is written in brackets with a port, as [::1]:80`
  if (!written.includes(':')) return `"${written}" has no port: an address is written as 127.0.0.1:80`
  return `"${written}" is not an address: expected 1.2.3.4:80, [::1]:80, name:80 or unix:/path`
}

const keep = (written: string, minPort: number): string | Refusal => {
  const address = readAddress(written, minPort)
  return address instanceof Refusal ? address : written
}

/** An address to bind: port 0 lets the system choose. */
export const bindAddress = () =>
  text('an address such as 0.0.0.0:8080', (written) => keep(written, 0), { title: 'address', examples: ['0.0.0.0:8080'] })

/** An address to connect to. */
export const endpointAddress = () =>
  text('an address such as 127.0.0.1:9001', (written) => keep(written, 1), { title: 'address', examples: ['127.0.0.1:9001'] })

/** A DNS server. */
export const resolverAddress = () =>
  text(
    'an address such as 127.0.0.1:53',
    (written) => {
      const address = readAddress(written, 1)
      if (address instanceof Refusal || address.type === 'ip') return address instanceof Refusal ? address : written
      return refuse(`"${written}": a resolver is written as an IP address with a port, as 127.0.0.1:53`)
    },
    { title: 'ip:port', examples: ['127.0.0.1:53'] },
  )

/** A name to look up: lower case, without trailing dot. */
export const dnsName = () =>
  text(
    'a name such as users.internal',
    (written) => {
      const name = written.toLowerCase().replace(/\.$/, '')
      if (isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0) return refuse(`"${written}" is an address: write it under static`)
      if (/^[^:]+:\d+$/.test(name)) return refuse(`"${written}": the port is a key of its own, port`)
      return NAME.test(name) && name.split('.').every((label) => label.length <= 63)
        ? name
        : refuse(`"${written}" is not a name`)
    },
    { title: 'name', pattern: patternOrEnvironment('^[^:/*\\s]+$') },
  )

function readCidr(written: string): string | Refusal {
  const [address = '', prefix, ...rest] = written.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return refuse(`"${written}" is neither an address nor a CIDR such as 10.0.0.0/8`)
  if (prefix === undefined) return written
  const bits = family === 4 ? 32 : 128
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return refuse(`"${written}": the prefix must be from 0 to ${bits}`)
  return written
}

/** An address or a CIDR. */
export const cidr = () =>
  text('an address or a CIDR such as 10.0.0.0/8', readCidr, { title: 'CIDR', examples: ['10.0.0.0/8', '::1'] })

function readHost(written: string, wildcard: boolean): string | Refusal {
  if (written === '*') return refuse('"*" is not a host: leave hosts out to take every host')
  const host = written.toLowerCase().replace(/\.$/, '')
  if (wildcard && host.startsWith('*.')) return NAME.test(host.slice(2)) ? host : refuse(hostHint(written))
  if (isIP(host) === 4 || NAME.test(host)) return host
  return /^\[.*\]$/.test(host) && isIPv6(host.slice(1, -1)) ? host : refuse(hostHint(written))
}

function hostHint(written: string): string {
  if (/^[a-z]+:\/\//i.test(written)) return `"${written}" is a URL: a host is written without a scheme`
  if (/^[^:]+:\d+$/.test(written)) return `"${written}": a host is written without a port`
  const ascii = [...written].some((character) => character > '\x7f') ? domainToASCII(written) : ''
  if (ascii !== '') return `"${written}" is not a host: write its ASCII form, "${ascii}"`
  if (written.includes('*')) return `"${written}" is not a host: a wildcard is written "*.example.org"`
  return `"${written}" is not a host`
}

/** A host to match: lower case, without trailing dot; `*.` in front matches any depth below. */
export const hostPattern = () =>
  text('a host such as example.org or "*.example.org"', (written) => readHost(written, true), {
    title: 'host',
    pattern: patternOrEnvironment('^[^:/\\s]+$|^\\['),
  })

/** A host without wildcard. */
export const host = () =>
  text('a host such as example.org', (written) => readHost(written, false), {
    title: 'host',
    pattern: patternOrEnvironment('^[^:/*\\s]+$|^\\['),
  })

/** `preserve`, `endpoint`, or the value of Host that endpoints get. */
export const upstreamHost = () =>
  text(
    'preserve, endpoint or a host',
    (written) => {
      if (written === 'preserve' || written === 'endpoint') return written
      const parts = /^(.*?)(?::(\d{1,5}))?$/.exec(written)
      const bad = readHost(parts?.[1] ?? '', false)
      if (bad instanceof Refusal) return refuse(`${bad.why}: expected preserve, endpoint or a host`)
      return Number(parts?.[2] ?? 0) > 65535 ? refuse(`"${written}": the port must be from 1 to 65535`) : written
    },
    { title: 'preserve | endpoint | host' },
  )
