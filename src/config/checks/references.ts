// Names: each is defined once, and what is named exists.

import { type Finding, finding } from '../problem.ts'
import { didYouMean } from '../suggest.ts'
import type { Mention, Named, Outline } from './outline.ts'

/** Says where a path was written, to name the other place of two. */
export type Where = (path: readonly (string | number)[]) => string

export function checkReferences({ listeners, routes, upstreams, failover, expected }: Outline, where: Where): Finding[] {
  const listenerNames = new Set(listeners.flatMap(({ name }) => name ?? []))
  const routeNames = new Set(routes.flatMap(({ name }) => name ?? []))
  const upstreamNames = new Set(upstreams)
  return [
    ...duplicates('listener', listeners, where),
    ...duplicates('route', routes, where),
    ...unknown(
      'listener',
      routes.flatMap((route) => route.listeners),
      listenerNames,
    ),
    ...unknown(
      'upstream',
      [...routes.flatMap((route) => route.upstreams), ...[...failover.values()].flat(), ...expected.upstreams],
      upstreamNames,
    ),
    ...unknown('route', expected.routes, routeNames),
  ]
}

function duplicates(what: string, all: readonly Named[], where: Where): Finding[] {
  const first = new Map<string, Named>()
  const found: Finding[] = []
  for (const item of all) {
    if (item.name === null) continue
    const before = first.get(item.name)
    if (before) found.push(finding(item.path, `the ${what} "${item.name}" is defined twice, first at ${where(before.path)}`))
    else first.set(item.name, item)
  }
  return found
}

/** Names are compared with every other for so many mentions: beyond that nobody reads the suggestions, and time adds up. */
const MAX_SUGGESTIONS = 50

function unknown(what: string, mentions: readonly Mention[], names: ReadonlySet<string>): Finding[] {
  return mentions
    .filter(({ text }) => !names.has(text))
    .map(({ text, path }, index) =>
      finding(path, `unknown ${what} "${text}"${index < MAX_SUGGESTIONS ? didYouMean(text, names) : ''}`),
    )
}
