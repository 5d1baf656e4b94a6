// Hosts of Ingresses in the words of routes. There `*.x` is any depth below x; in an Ingress it is one label.

import type { Written } from './annotations/effects.ts'
import type { KeptIngress } from './kinds.ts'
import type { IngressPart } from './parts.ts'

/** What a match needs beside `hosts` so that wildcards take one label only; null = nothing. */
export function hostHeader(hosts: readonly string[]): Written | null {
  if (!hosts.some((host) => host.startsWith('*.'))) return null
  const names = hosts.map((host) => host.replaceAll('.', '\\.').replace(/^\*/, '[^.]+'))
  return { host: { regex: `(?i)(?:${names.join('|')})\\.?(?::[0-9]+)?` } }
}

/** `www.x` of x, and the other way round; null = a wildcard has none. */
export function wwwCounterpart(host: string): string | null {
  if (host.startsWith('*')) return null
  return host.startsWith('www.') ? host.slice(4) : `www.${host}`
}

/**
 * By host, the namespace of the oldest Ingress with rules for it, of `all` in the order of their age; the hosts are in that order too.
 * Who serves nothing by itself owns nothing.
 */
export function ownersOf(all: readonly IngressPart[]): Map<string, string> {
  const owners = new Map<string, string>()
  for (const { ingress, effects, parts } of all)
    if (effects.canary === null && parts.length > 0)
      for (const host of hostsOf(ingress)) if (!owners.has(host)) owners.set(host, ingress.meta.namespace)
  return owners
}

/** Of a host without rules of its own, whoever has the wildcard above it. */
export function ownerOf(owners: ReadonlyMap<string, string>, host: string): string | undefined {
  const above = host.startsWith('*') ? undefined : `*${host.slice(host.indexOf('.'))}`
  return owners.get(host) ?? (above === undefined ? undefined : owners.get(above))
}

/** Hosts of its rules, each once; '' for rules without one. */
export function hostsOf({ spec }: KeptIngress): string[] {
  return [...new Set((spec.rules ?? []).map(({ host = '' }) => host.toLowerCase()))]
}
