// The names and addresses of a configuration that may be wrong elsewhere: what cross-references are checked against, so that
// one wrong value hides no other.

import { INGRESS_BINDS, INGRESS_LISTENERS } from '../ingress-listeners.ts'
import { INGRESS_NAMES } from '../ingress-schema.ts'
import type { Path } from '../problem.ts'

/** A text and where it stands. */
export interface Mention {
  readonly text: string
  readonly path: Path
}

export interface Named {
  /** null when there is no usable name. */
  readonly name: string | null
  readonly path: Path
}

export interface Outline {
  readonly listeners: readonly (Named & { readonly bind: readonly Mention[] })[]
  readonly routes: readonly (Named & { readonly listeners: readonly Mention[]; readonly upstreams: readonly Mention[] })[]
  readonly upstreams: readonly string[]
  /** Who stands in for whom, by name of the upstream. */
  readonly failover: ReadonlyMap<string, readonly Mention[]>
  /** Routes and upstreams that tests expect. */
  readonly expected: { readonly routes: readonly Mention[]; readonly upstreams: readonly Mention[] }
  readonly admin: { readonly bind: Mention; readonly token: unknown } | null
}

const ADMIN_BIND = '127.0.0.1:9901'

const block = (value: unknown): Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : {}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** The texts of a value that may be one text or a list of them. */
function mentions(value: unknown, path: Path): Mention[] {
  if (typeof value === 'string') return [{ text: value, path }]
  return list(value).flatMap((text, index) => (typeof text === 'string' ? [{ text, path: [...path, index] }] : []))
}

/** Like `mentions`; an item may also be a block that names it by `key`. */
function mentionsOrBlocks(value: unknown, path: Path, key: string): Mention[] {
  if (typeof value === 'string') return [{ text: value, path }]
  return list(value).flatMap((item, index) => mentions(block(item)[key], [...path, index, key]))
}

/** One block or a list of them. */
function mirrors(value: unknown, path: Path): Mention[] {
  if (Array.isArray(value)) return mentionsOrBlocks(value, path, 'upstream')
  return [block(value).upstream].flatMap((text) => (typeof text === 'string' ? [{ text, path: [...path, 'upstream'] }] : []))
}

function named(value: unknown, path: Path): Named {
  const { name } = block(value)
  return { name: typeof name === 'string' ? name : null, path: [...path, 'name'] }
}

function expected(tests: unknown, key: string): Mention[] {
  return list(tests).flatMap((test, index) =>
    mentions(block(block(test).expect)[key], ['tests', index, 'expect', key]).filter(({ path }) => path.length === 4),
  )
}

/** The listeners of `kubernetes.ingress` that nobody has written. */
function made(ingress: unknown, written: ReadonlySet<string | null>): Outline['listeners'] {
  if (ingress === null || typeof ingress !== 'object') return []
  const names = { ...INGRESS_NAMES, ...block(block(ingress).listeners) }
  return INGRESS_LISTENERS.flatMap((key) => {
    const name = names[key]
    if (typeof name !== 'string' || written.has(name) || (key === 'https' && name === names.http)) return []
    const path = ['kubernetes', 'ingress', 'listeners', key]
    return [{ name, path, bind: [{ text: INGRESS_BINDS[key], path }] }]
  })
}

export function outline(written: unknown): Outline {
  const top = block(written)
  const admin = block(top.admin)
  const bind = admin.bind ?? ADMIN_BIND
  const listeners = list(top.listeners).map((listener, index) => ({
    ...named(listener, ['listeners', index]),
    bind: mentions(block(listener).bind, ['listeners', index, 'bind']),
  }))
  return {
    listeners: [...listeners, ...made(block(top.kubernetes).ingress, new Set(listeners.map(({ name }) => name)))],
    routes: list(top.routes).map((route, index) => ({
      ...named(route, ['routes', index]),
      listeners: mentions(list(block(route).listeners), ['routes', index, 'listeners']),
      upstreams: [
        ...mentionsOrBlocks(block(route).to, ['routes', index, 'to'], 'upstream'),
        ...mirrors(block(route).mirror, ['routes', index, 'mirror']),
      ],
    })),
    upstreams: Object.keys(block(top.upstreams)),
    failover: new Map(
      Object.entries(block(top.upstreams)).map(([name, upstream]) => {
        const list = block(upstream).failover
        return [name, Array.isArray(list) ? mentions(list, ['upstreams', name, 'failover']) : []]
      }),
    ),
    expected: { routes: expected(top.tests, 'route'), upstreams: expected(top.tests, 'upstream') },
    admin:
      top.admin === 'off' || typeof bind !== 'string'
        ? null
        : { bind: { text: bind, path: ['admin', 'bind'] }, token: admin.token },
  }
}
