// Several files as one configuration: lists are joined, upstreams united, everything else may be said once.

import type { Problem } from './problem.ts'
import { problemAt, type SourceNode } from './source-tree.ts'

const JOINED = new Set(['listeners', 'routes', 'trustedProxies', 'tests', 'plugins'])

/** Where a key was written, to name the other place in an error. */
export function placeOf({ source, keyOffset }: SourceNode): string {
  const { file, line, column } = problemAt(source, keyOffset, '')
  return `${file}:${line}:${column}`
}

/** The first tree leads; `include` is left out, it has been followed. */
export function mergeTrees(roots: readonly [SourceNode, ...SourceNode[]]): { root: SourceNode; problems: Problem[] } {
  const merged = new Map<string, SourceNode>()
  const problems: Problem[] = []
  for (const root of roots) {
    for (const [key, node] of root.value as Map<string, SourceNode>) {
      const before = merged.get(key)
      if (!before) merged.set(key, shallowCopy(node))
      else if (JOINED.has(key) && Array.isArray(before.value) && Array.isArray(node.value)) before.value.push(...node.value)
      else if (key === 'upstreams' && before.value instanceof Map && node.value instanceof Map)
        unite(before.value, node.value, problems)
      else if (key !== 'include') problems.push(twice(`the key "${key}"`, node, before))
    }
  }
  return { root: { ...roots[0], value: merged }, problems }
}

function shallowCopy(node: SourceNode): SourceNode {
  const { value } = node
  return { ...node, value: Array.isArray(value) ? [...value] : value instanceof Map ? new Map(value) : value }
}

function unite(into: Map<string, SourceNode>, from: ReadonlyMap<string, SourceNode>, problems: Problem[]): void {
  for (const [name, node] of from) {
    const before = into.get(name)
    if (before) problems.push(twice(`the upstream "${name}"`, node, before))
    else into.set(name, node)
  }
}

const twice = (what: string, node: SourceNode, before: SourceNode): Problem =>
  problemAt(node.source, node.keyOffset, `${what} is written twice, first at ${placeOf(before)}`)
