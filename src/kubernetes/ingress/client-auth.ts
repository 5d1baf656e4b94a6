// Hosts whose clients must show certificates: listeners of their own, on the address of the HTTPS listener, told apart by SNI and
// Host.

import { checkSharing } from '../../config/checks/sharing.ts'
import type { GatewayConfig, ListenerConfig } from '../../config/model.ts'
import { hash8 } from '../service-upstream.ts'
import type { Certificate, ObjectProblem } from '../translation.ts'
import type { ClientAuthEffects } from './annotations/effects.ts'
import { hostsOf } from './hosts.ts'
import type { IngressPart } from './parts.ts'
import { problem } from './problems.ts'

export interface Guards {
  readonly listeners: readonly ListenerConfig[]
  /** Who cannot be protected as it asks for: nothing of it may be served. */
  readonly refused: ReadonlyMap<IngressPart, ObjectProblem>
}

export interface GuardSettings {
  /** Listeners of the file, by name. */
  readonly listeners: ReadonlyMap<string, ListenerConfig>
  /** Name of that for HTTPS. */
  readonly https: string
  /** Of Ingresses. */
  readonly certificates: readonly Certificate[]
  /** By host, the namespace of its oldest rules. */
  readonly owners: ReadonlyMap<string, string>
}

interface Group {
  readonly auth: ClientAuthEffects
  readonly hosts: Set<string>
}

const AT = 'auth-tls-secret'

/** `all` in the order of their age. */
export function guardHosts(all: readonly IngressPart[], settings: GuardSettings): Guards {
  const asking = all.filter(({ effects }) => effects.clientAuth !== null && effects.canary === null)
  const refused = new Map<IngressPart, ObjectProblem>()
  if (asking.length === 0) return { listeners: [], refused }
  const base = settings.listeners.get(settings.https)
  const groups = new Map<string, Group>()
  const groupOf = new Map<string, string>()
  for (const owner of asking) {
    const auth = owner.effects.clientAuth as ClientAuthEffects
    const name = `${settings.https}~${hash8(auth)}`
    const { namespace } = owner.ingress.meta
    const aliases = owner.effects.aliases.filter((alias) => foreignHost([alias], namespace, settings.owners) === undefined)
    const hosts = [...hostsOf(owner.ingress), ...aliases]
    const why = base === undefined ? 'there is no HTTPS listener' : whyNot(owner, hosts, name, settings.owners, groupOf)
    const group = groups.get(name) ?? { auth, hosts: new Set() }
    const wider = { auth, hosts: new Set([...group.hosts, ...hosts]) }
    const trouble = why ?? sharingTrouble(base as ListenerConfig, name, wider, settings)
    if (trouble !== null) {
      refused.set(owner, problem('NotSupported', AT, `${trouble}: nothing is served without it`, 'refused'))
      continue
    }
    groups.set(name, wider)
    for (const host of hosts) groupOf.set(host, name)
  }
  const listeners = [...groups].map(([name, group]) => guarded(base as ListenerConfig, name, group, settings.certificates))
  return { listeners, refused }
}

/** What speaks against it; null = nothing. */
function whyNot(
  { ingress }: IngressPart,
  hosts: readonly string[],
  name: string,
  owners: ReadonlyMap<string, string>,
  groupOf: ReadonlyMap<string, string>,
): string | null {
  if (ingress.spec.defaultBackend != null || hosts.includes('') || hosts.length === 0)
    return 'certificates of clients can be asked for by host only: every rule needs one, and there can be no default backend'
  const foreign = foreignHost(hosts, ingress.meta.namespace, owners)
  if (foreign !== undefined) return `${foreign} belongs to an older Ingress of another namespace`
  const other = hosts.find((host) => (groupOf.get(host) ?? name) !== name)
  return other === undefined ? null : `an older Ingress asks for other certificates of clients for ${other}`
}

/** A host of an older Ingress of another namespace, which one of `hosts` takes in. */
function foreignHost(hosts: readonly string[], namespace: string, owners: ReadonlyMap<string, string>): string | undefined {
  const exact = hosts.find((host) => (owners.get(host) ?? namespace) !== namespace)
  const wildcards = new Set(hosts.filter((host) => host.startsWith('*')))
  if (exact !== undefined || wildcards.size === 0) return exact
  // The oldest first: whoever comes after the wildcard knew what is asked for there.
  for (const [host, owner] of owners) {
    if (owner === namespace) wildcards.delete(host)
    else for (const wide of wildcards) if (covers(wide, host)) return host
  }
  return undefined
}

/** One of the file that has the host already would be an error of the whole configuration. */
function sharingTrouble(base: ListenerConfig, name: string, group: Group, settings: GuardSettings): string | null {
  const listeners = [...settings.listeners.values(), guarded(base, name, group, [])]
  const [found] = checkSharing({ listeners } as Partial<GatewayConfig> as GatewayConfig)
  return found === undefined ? null : found.message
}

function guarded(
  base: ListenerConfig,
  name: string,
  { auth, hosts }: Group,
  certificates: readonly Certificate[],
): ListenerConfig {
  const { mode, ca, forward } = auth
  return {
    ...base,
    name,
    hosts: [...hosts].sort(),
    tls: base.tls && {
      ...base.tls,
      certificates: [...base.tls.certificates, ...certificates],
      strictSni: base.tls.strictSni || base.tls.certificates.length === 0,
      clientAuth: { mode, ca: { file: '', pem: ca }, forward },
    },
  }
}

/** Which of these listeners get requests for one of `hosts` ('' = every host). */
export function guardsOf(listeners: readonly ListenerConfig[], hosts: readonly string[]): string[] {
  return listeners
    .filter((listener) =>
      hosts.some((host) => host === '' || listener.hosts.some((own) => covers(own, host) || covers(host, own))),
    )
    .map(({ name }) => name)
}

const covers = (wide: string, narrow: string): boolean =>
  wide === narrow || (wide.startsWith('*.') && narrow.endsWith(wide.slice(1)))
