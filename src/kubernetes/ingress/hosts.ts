// Hosts of Ingresses in the words of routes. There `*.x` is any depth below x; in an Ingress it is one label.

import type { Written } from './annotations/effects.ts'
import type { KeptIngress } from './kinds.ts'

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

/** Hosts of its rules, each once; '' for rules without one. */
export function hostsOf({ spec }: KeptIngress): string[] {
  return [...new Set((spec.rules ?? []).map(({ host = '' }) => host.toLowerCase()))]
}
