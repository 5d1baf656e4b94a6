// Hostnames of listeners and routes: `*.example.com` stands for every name below it, at any depth.

/** '' = every host. In lower case, without the dot at the end. */
export function hostnameOf(written: string | undefined): string {
  const host = (written ?? '').toLowerCase().replace(/\.$/, '')
  return host === '*' ? '' : host
}

/** What both take; null = nothing. */
export function intersect(a: string, b: string): string | null {
  if (a === '' || a === b) return b
  if (b === '') return a
  if (covers(a, b)) return b
  return covers(b, a) ? a : null
}

/** Whether a wildcard takes all that the other one takes. */
function covers(wildcard: string, host: string): boolean {
  return wildcard.startsWith('*.') && host.length > wildcard.length - 1 && host.replace(/^\*/, '').endsWith(wildcard.slice(1))
}

/** The hosts of a route on a listener; empty = every one, null = they have none that both take. */
export function hostsOn(listener: string, route: readonly string[]): readonly string[] | null {
  if (route.length === 0) return listener === '' ? [] : [listener]
  const found = new Set<string>()
  for (const each of route) {
    const both = intersect(listener, hostnameOf(each))
    if (both === '') return []
    if (both !== null) found.add(both)
  }
  return found.size === 0 ? null : [...found]
}
