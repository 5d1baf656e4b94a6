// Parts of a new configuration that say the same as those in force become the same objects: whoever follows configurations sees at once
// what stays.

import type { GatewayConfig, ListenerConfig } from '../config/model.ts'
import { partHash } from './revision.ts'

export function withKeptParts(next: GatewayConfig, inForce: GatewayConfig | null): GatewayConfig {
  if (inForce === null || next === inForce) return next
  const { listeners, routes, upstreams, ...rest } = next
  const kept = Object.entries(rest).map(([key, value]) => [key, keep(value, inForce[key as keyof typeof rest])])
  return {
    ...(Object.fromEntries(kept) as typeof rest),
    listeners: keepNamed(listeners, inForce.listeners, keepListener),
    routes: keepNamed(routes, inForce.routes),
    upstreams: keepEntries(upstreams, inForce.upstreams),
  }
}

function keep<T>(part: T, before: T | undefined): T {
  return part === before || before === undefined || partHash(part) !== partHash(before) ? part : before
}

/** Of one that has changed, the certificates that have not: there may be thousands. */
function keepListener(listener: ListenerConfig, before: ListenerConfig | undefined): ListenerConfig {
  const kept = keep(listener, before)
  if (kept !== listener || !listener.tls || !before?.tls) return kept
  const tls = keep(listener.tls, before.tls)
  if (tls !== listener.tls) return { ...listener, tls }
  const known = new Set(before.tls.certificates)
  const there = new Map(before.tls.certificates.map((certificate) => [partHash(certificate), certificate]))
  const certificates = tls.certificates.map((each) => (known.has(each) ? each : (there.get(partHash(each)) ?? each)))
  return { ...listener, tls: { ...tls, certificates } }
}

function keepNamed<T extends { readonly name: string }>(
  parts: readonly T[],
  before: readonly T[],
  keepOne: (part: T, before: T | undefined) => T = keep,
): readonly T[] {
  let byName: ReadonlyMap<string, T> | null = null
  const find = (name: string): T | undefined => {
    byName ??= new Map(before.map((part) => [part.name, part]))
    return byName.get(name)
  }
  // Most often they stand where they stood.
  return parts.map((part, i) => (part === before[i] ? part : keepOne(part, find(part.name))))
}

type Upstreams = GatewayConfig['upstreams']

function keepEntries(upstreams: Upstreams, before: Upstreams): Upstreams {
  if (upstreams === before) return upstreams
  const kept = Object.entries(upstreams).map(([name, config]) => {
    const there = Object.hasOwn(before, name) ? before[name] : undefined
    return [name, keep(config, there)]
  })
  return Object.fromEntries(kept)
}
