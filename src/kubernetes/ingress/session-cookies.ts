// Names of session cookies. A cookie holds one endpoint: with the same name for two Services of one host, clients would lose one
// session with each request to the other.

import type { IngressPart, Part } from './parts.ts'

/** One for each translation; ask in the order of precedence. */
export class SessionCookies {
  /** By host and name as it is asked for: whose it is. */
  readonly #owners = new Map<string, string>()

  /** The first Service of a host has the name as it is asked for; null = no cookie is asked for. */
  nameFor({ ingress, effects }: IngressPart, { ending }: Part, [host = '']: readonly string[]): string | null {
    const { cookie } = (effects.route.affinity ?? {}) as { readonly cookie?: string }
    if (cookie === undefined || ending.type !== 'service') return null
    const service = `${ending.service}-${ending.port.port}`
    const asking = `${ingress.meta.namespace}/${service}`
    const owner = this.#owners.get(`${host} ${cookie}`)
    if (owner === undefined) this.#owners.set(`${host} ${cookie}`, asking)
    return owner === undefined || owner === asking ? cookie : `${cookie}-${service}`
  }
}
