// What changes from one configuration to the next: parts that stay are the same objects in both, and only named. Plain data, made in one
// process and followed in another.

import type { GatewayConfig, ListenerConfig, ListenerTlsConfig } from './model.ts'

/** A list by what is at its beginning and end in both, and between them places in the base or what is new. */
export interface ListChange<T> {
  readonly head: number
  readonly middle: readonly (number | { readonly is: T })[]
  readonly tail: number
}

type Lists = 'listeners' | 'routes' | 'upstreams'

/** One that is new: as it is, or without its certificates and with what changes of those of the base's listener of that name. */
export interface ListenerChange {
  readonly listener: ListenerConfig
  readonly certificates: ListChange<ListenerTlsConfig['certificates'][number]> | null
}

export interface ConfigChange {
  /** The keys whose values are others now. */
  readonly rest: Partial<Omit<GatewayConfig, Lists>>
  readonly listeners: ListChange<ListenerChange>
  readonly routes: ListChange<GatewayConfig['routes'][number]>
  /** With their names. */
  readonly upstreams: ListChange<readonly [string, GatewayConfig['upstreams'][string]]>
}

/** From `base` to `next`; what is not the same object counts as another one. */
export function changeOf(base: GatewayConfig, next: GatewayConfig): ConfigChange {
  const { listeners, routes, upstreams, ...rest } = next
  const changed = Object.entries(rest).filter(([key, value]) => base[key as keyof typeof rest] !== value)
  return {
    rest: Object.fromEntries(changed),
    listeners: mapNew(listChange(base.listeners, listeners, same), (listener) => listenerChange(base, listener)),
    routes: listChange(base.routes, routes, same),
    upstreams: listChange(
      Object.entries(base.upstreams),
      Object.entries(upstreams),
      ([name, config], [other, next]) => name === other && config === next,
      ([, config]) => config,
    ),
  }
}

/** `base` as `change` says; what stays is the same object. */
export function changedConfig(base: GatewayConfig, change: ConfigChange): GatewayConfig {
  return {
    ...base,
    ...change.rest,
    listeners: changedList(
      base.listeners,
      mapNew(change.listeners, (listener) => changedListener(base, listener)),
    ),
    routes: changedList(base.routes, change.routes),
    upstreams: Object.fromEntries(changedList(Object.entries(base.upstreams), change.upstreams)),
  }
}

function listenerChange(base: GatewayConfig, listener: ListenerConfig): ListenerChange {
  const there = base.listeners.find(({ name }) => name === listener.name)
  if (!there?.tls || !listener.tls) return { listener, certificates: null }
  const certificates = listChange(there.tls.certificates, listener.tls.certificates, same)
  return { listener: { ...listener, tls: { ...listener.tls, certificates: [] } }, certificates }
}

function changedListener(base: GatewayConfig, { listener, certificates }: ListenerChange): ListenerConfig {
  const there = base.listeners.find(({ name }) => name === listener.name)
  if (certificates === null || !there?.tls || !listener.tls) return listener
  return { ...listener, tls: { ...listener.tls, certificates: changedList(there.tls.certificates, certificates) } }
}

function mapNew<T, U>({ head, middle, tail }: ListChange<T>, map: (item: T) => U): ListChange<U> {
  return { head, middle: middle.map((item) => (typeof item === 'number' ? item : { is: map(item.is) })), tail }
}

const same = <T>(a: T, b: T): boolean => a === b

function listChange<T>(
  base: readonly T[],
  next: readonly T[],
  equal: (a: T, b: T) => boolean,
  identity: (item: T) => unknown = (item) => item,
): ListChange<T> {
  const shorter = Math.min(base.length, next.length)
  let head = 0
  while (head < shorter && equal(base[head] as T, next[head] as T)) head++
  let tail = 0
  while (tail < shorter - head && equal(base[base.length - 1 - tail] as T, next[next.length - 1 - tail] as T)) tail++
  const between = next.slice(head, next.length - tail)
  const places = new Map(base.slice(head, base.length - tail).map((item, i) => [identity(item), head + i]))
  const middle = between.map((item) => {
    const place = places.get(identity(item))
    return place !== undefined && equal(base[place] as T, item) ? place : { is: item }
  })
  return { head, middle, tail }
}

function changedList<T>(base: readonly T[], { head, middle, tail }: ListChange<T>): readonly T[] {
  return [
    ...base.slice(0, head),
    ...middle.map((item) => (typeof item === 'number' ? (base[item] as T) : item.is)),
    ...base.slice(base.length - tail),
  ]
}
