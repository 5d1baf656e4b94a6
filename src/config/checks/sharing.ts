// Listeners that share an address: their hosts must tell them apart, and what is settled before a host is known must be the same.

import type { GatewayConfig, ListenerConfig } from '../model.ts'
import { type Finding, finding, type Path } from '../problem.ts'

/** What listeners of one address must agree on: the value, and where it stands. */
const AGREED: readonly (readonly [path: readonly string[], of: (listener: ListenerConfig) => unknown])[] = [
  [['proxyProtocol'], ({ proxyProtocol }) => proxyProtocol],
  [['http2'], ({ http2 }) => http2],
  ...(['connections', 'headerBytes', 'headerCount', 'requestLine', 'requestsPerConnection'] as const).map(
    (key) => [['limits', key], ({ limits }: ListenerConfig) => limits[key]] as const,
  ),
  ...(['handshake', 'header', 'body', 'keepAlive', 'write', 'minRate'] as const).map(
    (key) => [['timeouts', key], ({ timeouts }: ListenerConfig) => timeouts[key]] as const,
  ),
]

/** Those that end TLS or look into it tell listeners apart by its names, the others by Host. */
const kindOf = ({ protocol }: { readonly protocol: string }): string =>
  protocol === 'http' || protocol === 'tcp' ? protocol : 'tls'

export function checkSharing({ listeners }: GatewayConfig): Finding[] {
  const byAddress = new Map<string, { listener: ListenerConfig; index: number }[]>()
  for (const [index, listener] of listeners.entries()) {
    for (const bind of listener.bind) byAddress.set(bind, [...(byAddress.get(bind) ?? []), { listener, index }])
  }
  const found = new Map<string, Finding>()
  for (const [bind, sharing] of byAddress) {
    const first = sharing[0]?.listener
    if (first === undefined) continue
    const owners = new Map<string, ListenerConfig>()
    for (const { listener, index } of sharing) {
      const wrong = listener.name === first.name ? [] : compare(first, listener, bind, index)
      for (const each of [...wrong, ...claims(owners, listener, bind, index)])
        found.set(`${each.path.join()} ${each.message}`, each)
    }
  }
  return [...found.values()]
}

function compare(first: ListenerConfig, listener: ListenerConfig, bind: string, index: number): Finding[] {
  const both = `the listeners "${first.name}" and "${listener.name}" share ${bind}`
  const at: Path = ['listeners', index]
  const [one, two] = [kindOf(first), kindOf(listener)]
  if (one === 'tcp' || two === 'tcp')
    return [finding([...at, 'protocol'], `${both}: with tcp nothing tells them apart, it needs an address of its own`)]
  if (one !== two)
    return [finding([...at, 'protocol'], `${both}: protocol ${first.protocol} and ${listener.protocol} cannot be mixed there`)]
  return AGREED.filter(([, of]) => of(first) !== of(listener)).map(([path]) =>
    finding([...at, ...path], `${both} and must agree on ${path.join('.')}: it is looked at before the host is known`),
  )
}

/** Takes the listener's hosts; what somebody else has already is a finding. */
function claims(owners: Map<string, ListenerConfig>, listener: ListenerConfig, bind: string, index: number): Finding[] {
  const found: Finding[] = []
  for (const [i, host] of (listener.hosts.length === 0 ? [''] : listener.hosts).entries()) {
    const owner = owners.get(host)
    if (owner === undefined) owners.set(host, listener)
    else if (owner.name !== listener.name) {
      const both = `the listeners "${owner.name}" and "${listener.name}" share ${bind}`
      const message = host === '' ? `${both}: without hosts nothing tells them apart` : `${both} and both serve ${host}`
      found.push(finding(['listeners', index, ...(host === '' ? ['bind'] : ['hosts', i])], message))
    }
  }
  return found
}
