// Who may pass by the certificate of their client: any verified one, or one of a certain subject and name.

import { isIP } from 'node:net'
import type { Exchange } from '../model/exchange.ts'
import type { Filter } from '../model/filter.ts'
import { problem } from '../model/problem.ts'
import type { ClientCertificate } from '../model/tls-facts.ts'
import type { FilterContext } from './context.ts'

export interface ClientCertOptions {
  /** The whole subject, as `${tls.client.subject}` has it; null = any. */
  readonly subject: string | null
  /** One of these must be among the alternative names; empty = any. */
  readonly san: readonly string[]
  readonly mode: 'enforce' | 'observe'
}

export function clientCert({ subject, san, mode }: ClientCertOptions, { denials }: FilterContext): Filter {
  const denied = denials('clientCert', mode)
  const wanted = new Set(san.map(typed))
  const passes = (shown: ClientCertificate | null | undefined): boolean =>
    shown?.verified === true &&
    (subject === null || shown.subject === subject) &&
    (wanted.size === 0 || shown.sans.some((name) => wanted.has(lower(name))))
  return {
    name: 'clientCert',
    onRequest(x: Exchange) {
      if (passes(x.downstream.peer.tls?.client)) return null
      denied.count++
      return mode === 'observe' ? null : problem('client-cert', '', x.listener.detail)
    },
    explain: () => {
      const what = [...(subject === null ? [] : [subject]), ...(san.length === 0 ? [] : [san.join(' or ')])].join(' and ')
      return `${mode === 'observe' ? 'counts requests without' : 'asks for'} a client certificate${what === '' ? '' : ` of ${what}`}`
    },
  }
}

/** A name with its type, as facts have it: an address that is written as a DNS name is none. */
function typed(name: string): string {
  const type = isIP(name) !== 0 ? 'IP' : name.includes('@') ? 'EMAIL' : /^[a-z][a-z0-9+.-]*:/i.test(name) ? 'URI' : 'DNS'
  return lower(`${type}:${name}`)
}

/** Names of hosts have no case; everything else is compared as it is. */
const lower = (name: string): string => (name.startsWith('DNS:') ? name.toLowerCase() : name)
