// Who may ask what: the rules that keep web pages, guessed names and strangers away from the admin API.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { type Answer, refusal } from './answer.ts'

export interface GuardOptions {
  /** Names that Host may hold besides IP literals and `localhost`; without port. */
  readonly names: readonly string[]
  /** null = none is asked for. */
  readonly token: string | null
  readonly readOnly: boolean
}

export class Guard {
  readonly #names: ReadonlySet<string>
  readonly #token: Buffer | null
  readonly #readOnly: boolean

  constructor({ names, token, readOnly }: GuardOptions) {
    this.#names = new Set(['localhost', ...names.map(bareName)])
    this.#token = token === null ? null : digest(token)
    this.#readOnly = readOnly
  }

  /**
   * A page on the Internet can make a browser call any address under the page's own name (DNS rebinding), so only names that
   * are known to be ours are served. A client of HTTP/1.0 may send none; browsers always do.
   */
  host(host: string | undefined): Answer | null {
    if (host === undefined) return null
    const name = hostName(host)
    if (name !== null && (this.#names.has(name) || isAddress(name))) return null
    return refusal('host', 'add the name to admin.hosts')
  }

  token(headers: IncomingHttpHeaders): Answer | null {
    if (this.#token === null) return null
    const given = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
    // Digests have one length, so that neither content nor length of the token can be told from the time it takes.
    if (given !== undefined && timingSafeEqual(digest(given), this.#token)) return null
    return refusal('token', 'send the token of admin.token: Authorization: Bearer TOKEN', {
      'www-authenticate': 'Bearer realm="headgate"',
    })
  }

  /** What a browser sends for another site's page is refused, whatever it would do: all that does something, or costs something. */
  origin(headers: IncomingHttpHeaders): Answer | null {
    const site = headers['sec-fetch-site']
    const foreignSite = site !== undefined && site !== 'same-origin' && site !== 'none'
    if (!foreignSite && (headers.origin === undefined || isOwnOrigin(headers.origin, headers.host))) return null
    return refusal('origin', 'the call came from a page of another site')
  }

  write(): Answer | null {
    return this.#readOnly ? refusal('read-only', 'admin.readOnly is set') : null
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Lower case, without port and trailing dot; null when it is not a host at all. */
function hostName(host: string): string | null {
  const name = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.exec(host)?.[1]
  return name === undefined ? null : bareName(name)
}

function bareName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}

function isAddress(name: string): boolean {
  return name.startsWith('[') ? isIP(name.slice(1, -1)) === 6 : isIP(name) === 4
}

/** Whether the page came from here: the same host and port, be it through something that adds TLS. */
function isOwnOrigin(origin: string, host: string | undefined): boolean {
  try {
    const { protocol, host: from } = new URL(origin)
    return /^https?:$/.test(protocol) && host !== undefined && from === new URL(`${protocol}//${host}`).host
  } catch {
    return false
  }
}
