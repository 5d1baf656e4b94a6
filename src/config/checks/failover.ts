// `failover`: who stands in for whom must come to an end.

import { type Finding, finding } from '../problem.ts'
import type { Outline } from './outline.ts'

/** Names of a loop that are told. */
const MAX_TOLD = 10

/** Each loop is told once, at the name that closes it. */
export function checkFailover({ failover }: Outline): Finding[] {
  const found: Finding[] = []
  for (const [name, mentions] of failover) {
    const seen = new Set<string>()
    for (const { text, path } of mentions) {
      if (text === name) found.push(finding(path, `the upstream "${name}" cannot stand in for itself`))
      else if (seen.has(text)) found.push(finding(path, `the upstream "${text}" stands in twice`))
      seen.add(text)
    }
  }
  return [...found, ...loops(failover)]
}

/** Walks every chain once: what was followed to its end leads into no loop that has not been told. */
function loops(failover: Outline['failover']): Finding[] {
  const found: Finding[] = []
  const done = new Set<string>()
  for (const start of failover.keys()) {
    // A list of its own instead of calls: a chain may be as long as there are upstreams.
    const chain: { name: string; next: number }[] = [{ name: start, next: 0 }]
    const open = new Set([start])
    for (let last = chain.at(-1); last !== undefined; last = chain.at(-1)) {
      const mention = done.has(last.name) ? undefined : failover.get(last.name)?.[last.next++]
      if (mention === undefined) {
        done.add(last.name)
        open.delete(last.name)
        chain.pop()
      } else if (open.has(mention.text)) {
        const names = chain.map(({ name }) => name)
        const loop = [...names.slice(names.indexOf(mention.text)), mention.text]
        if (loop.length > 2) found.push(finding(mention.path, `failover goes round in a circle: ${inWords(loop)}`))
      } else {
        chain.push({ name: mention.text, next: 0 })
        open.add(mention.text)
      }
    }
  }
  return found
}

function inWords(loop: readonly string[]): string {
  const told = loop.length > MAX_TOLD ? [...loop.slice(0, MAX_TOLD - 2), '…', ...loop.slice(-2)] : loop
  return told.join(' → ')
}
