// Which listener a request comes to: the one that is named, else the one that is bound where the URL points, else one that serves
// its host.

import { isIP } from 'node:net'
import { normalizeHost } from '../model/request-host.ts'
import type { ServedListener, Snapshot } from '../model/snapshot.ts'
import type { RequestBytes } from './read-request.ts'

/** Where a listener is bound: `127.0.0.1:8080`, `[::1]:80` or `unix:/path`. */
export interface BoundListener {
  readonly listener: string
  readonly address: string
}

export interface Choice {
  readonly listener: ServedListener
  readonly why: string
  /** Those of other addresses that the request may come to as well, because a name says nothing of addresses; the best first. */
  readonly others: readonly ServedListener[]
}

export function chooseListener(
  { listeners }: Snapshot,
  bound: readonly BoundListener[],
  { scheme, host, port }: RequestBytes,
  named: string | null,
): Choice | string {
  const [first] = listeners.values()
  if (first === undefined) return 'there is no listener'
  if (named !== null) {
    const listener = listeners.get(named)
    return listener === undefined ? `there is no listener "${named}"` : { listener, why: 'it was named', others: [] }
  }
  const name = normalizeHost(host) ?? ''
  const serving = [...listeners.values()].filter(({ servesHost }) => servesHost === null || servesHost(name))
  const secure = scheme === 'https' || scheme === 'tls'
  // Without HTTP no other listener comes close.
  const raw = scheme === 'tcp' || scheme === 'tls'
  const pointedAt = port ?? (secure ? 443 : 80)
  const there = new Set(
    scheme === null ? [] : bound.filter(({ address }) => isAt(address, host, pointedAt)).map(({ listener }) => listener),
  )
  const atPort = [...listeners.values()].filter((listener) => there.has(listener.name))
  // Which of those that share an address ends TLS, and which passes it on, is told by the name.
  const spoken = atPort.filter(({ protocol }) =>
    scheme === 'https' ? protocol === 'https' || protocol === 'tls' : protocol === scheme,
  )
  const [best, ...rest] = (spoken.length > 0 || raw ? spoken : atPort).sort((a, b) => fitOf(b, name) - fitOf(a, name))
  if (best !== undefined) {
    const others = isIP(bare(host)) === 0 ? rest.filter((other) => !meet(bound, other, best)) : []
    return { listener: best, why: `it is bound to port ${pointedAt}`, others }
  }
  if (raw) return `no ${scheme} listener is bound to port ${pointedAt}`
  if (listeners.size === 1) return { listener: first, why: 'it is the only one', others: [] }
  const unbound = scheme === null ? '' : `none is bound to port ${pointedAt}, and `
  const [serves] = serving
  if (serves === undefined) return { listener: first, why: `${unbound}none serves this host: it is the first`, others: [] }
  return { listener: serves, why: `${unbound}it is the first that serves this host`, others: [] }
}

/** Whether they share an address: there the host decides between them. */
function meet(bound: readonly BoundListener[], one: ServedListener, two: ServedListener): boolean {
  const places = new Set(bound.filter(({ listener }) => listener === one.name).map(({ address }) => address))
  return bound.some(({ listener, address }) => listener === two.name && places.has(address))
}

/** The listeners that share an address with one, itself among them. */
export function sharersOf(
  view: { snapshot: Snapshot; bound: readonly BoundListener[] },
  { name }: ServedListener,
): ServedListener[] {
  const places = new Set(view.bound.filter(({ listener }) => listener === name).map(({ address }) => address))
  const there = new Set(view.bound.filter(({ address }) => places.has(address)).map(({ listener }) => listener))
  return [...view.snapshot.listeners.values()].filter((listener) => there.has(listener.name))
}

/** Who serves a host best; null = nobody. */
export function bestFor(listeners: readonly ServedListener[], host: string): ServedListener | null {
  const [best] = listeners.filter((each) => fitOf(each, host) >= 0).sort((a, b) => fitOf(b, host) - fitOf(a, host))
  return best ?? null
}

/** How well a listener's hosts fit: exactly, by the longer wildcard, because it has none, or not at all. */
function fitOf({ hosts, servesHost }: ServedListener, name: string): number {
  if (servesHost !== null && !servesHost(name)) return -1
  if (hosts.includes(name)) return Number.POSITIVE_INFINITY
  return Math.max(
    0,
    ...hosts.filter((host) => host.startsWith('*.') && name.endsWith(host.slice(1))).map((host) => host.length),
  )
}

/** A name may resolve to any address; an address only to itself, or to what is bound to all. */
function isAt(address: string, host: string, port: number): boolean {
  const colon = address.lastIndexOf(':')
  if (address.startsWith('unix:') || Number(address.slice(colon + 1)) !== port) return false
  const [at, wanted] = [bare(address.slice(0, colon)), bare(host)]
  if (isIP(wanted) === 0 || isIP(at) === 0 || at === wanted) return true
  return at === '::' || (at === '0.0.0.0' && isIP(wanted) === 4)
}

const bare = (host: string): string => host.replace(/^\[(.*)\]$/, '$1')
