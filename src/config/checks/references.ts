// Names: each is defined once, and what is named exists.

import { type Finding, finding } from '../problem.ts'
import { didYouMean } from '../suggest.ts'
import type { Mention, Named, Outline } from './outline.ts'

/** Says where a path was written, to name the other place of two. */
export type Where = (path: readonly (string | number)[]) => string

export function checkReferences({ listeners, routes, upstreams }: Outline, where: Where): Finding[] {
  const listenerNames = new Set(listeners.flatMap(({ name }) => name ?? []))
  const upstreamNames = new Set(upstreams)
  return [
    ...duplicates('listener', listeners, where),
    ...duplicates('route', routes, where),
    ...routes.flatMap((route) => [
      ...unknown('listener', route.listeners, listenerNames),
      ...unknown('upstream', route.upstreams, upstreamNames),
    ]),
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

function unknown(what: string, mentions: readonly Mention[], names: ReadonlySet<string>): Finding[] {
  return mentions
    .filter(({ text }) => !names.has(text))
    .map(({ text, path }) => finding(path, `unknown ${what} "${text}"${didYouMean(text, names)}`))
}
