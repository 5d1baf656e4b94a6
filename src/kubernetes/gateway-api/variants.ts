// Routes are written once for all listeners that they are the same on: what may differ is the hosts, the port that redirects lead to,
// and the certificate that the Gateway shows to endpoints.

import type { Attachment } from './attach.ts'
import type { KeyPair } from './certificates.ts'
import type { ParentListener } from './parents.ts'

export interface Variant {
  /** Appended to the names of routes; '' where there is one variant. */
  readonly suffix: string
  /** Names. */
  readonly listeners: readonly string[]
  readonly hosts: readonly string[]
  readonly port: number
  /** Whether TLS ends there. */
  readonly terminates: boolean
  readonly clientCertificate: KeyPair | null
  /** `namespace/name` of the Gateways. */
  readonly gateways: readonly string[]
}

/** For what is said about a rule that no listener serves. */
export const UNSERVED: Variant = {
  suffix: '',
  listeners: [],
  hosts: [],
  port: 80,
  terminates: false,
  clientCertificate: null,
  gateways: [],
}

/** `differs`: what else of a listener matters. Only listeners that are served. */
export function variantsOf(attachments: readonly Attachment[], differs: (listener: ParentListener) => unknown): Variant[] {
  const groups = new Map<string, { first: Variant; listeners: Set<string>; gateways: Set<string> }>()
  for (const { parent, listeners } of attachments) {
    for (const { listener, hosts } of listeners) {
      if (!listener.serving) continue
      const { port, name, terminates } = listener
      const { clientCertificate } = parent
      const key = JSON.stringify([[...hosts].sort(), differs(listener), clientCertificate])
      const known = groups.get(key)
      if (known === undefined) {
        const first = { suffix: `@${name}`, listeners: [], hosts, port, terminates, clientCertificate, gateways: [] }
        groups.set(key, { first, listeners: new Set([name]), gateways: new Set([parent.gateway]) })
      } else {
        known.listeners.add(name)
        known.gateways.add(parent.gateway)
      }
    }
  }
  const one = groups.size === 1
  return [...groups.values()].map(({ first, listeners, gateways }) => ({
    ...first,
    suffix: one ? '' : first.suffix,
    listeners: [...listeners],
    gateways: [...gateways],
  }))
}
