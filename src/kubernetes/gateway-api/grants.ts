// ReferenceGrants: who in other namespaces may name what is here.

import type { Read } from '../memo.ts'
import { GROUP, type Kept, type ReferenceGrantSpec } from './kinds.ts'

/** By the namespace that they are in. */
export type Grants = ReadonlyMap<string, readonly ReferenceGrantSpec[]>

export interface Asker {
  readonly kind: string
  readonly namespace: string
}

export interface Asked {
  readonly group: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/** Lists that did not change are the same objects as in `before`. */
export function indexGrants(grants: ReadonlyMap<string, Kept<ReferenceGrantSpec>>, before: Grants): Grants {
  const found = new Map<string, ReferenceGrantSpec[]>()
  for (const key of [...grants.keys()].sort()) {
    const { meta, spec } = grants.get(key) as Kept<ReferenceGrantSpec>
    const list = found.get(meta.namespace)
    if (list === undefined) found.set(meta.namespace, [spec])
    else list.push(spec)
  }
  return new Map(
    [...found].map(([namespace, list]) => {
      const last = before.get(namespace)
      const same = last?.length === list.length && last.every((spec, i) => spec === list[i])
      return [namespace, same ? last : list]
    }),
  )
}

/** Within a namespace everything may be named. */
export function permits(grants: Grants, read: Read, by: Asker, asked: Asked): boolean {
  if (by.namespace === asked.namespace) return true
  return (read(grants, asked.namespace) ?? []).some(
    ({ from = [], to = [] }) =>
      from.some(({ group, kind, namespace }) => group === GROUP && kind === by.kind && namespace === by.namespace) &&
      to.some(
        ({ group, kind, name }) =>
          group === asked.group && kind === asked.kind && (name === undefined || name === '' || name === asked.name),
      ),
  )
}
