// What an Ingress weighs when each of its paths has what the annotations say for all of them: an object of one megabyte could ask for
// a configuration of hundreds.

import type { AnnotationEffects } from './annotations/effects.ts'
import type { Part } from './parts.ts'

/** Bytes of configuration, by and large. Whole shops stay below a tenth of it. */
const MOST = 8 * 1024 * 1024
/** Of a host that a path is served at. */
const HOST = 64

/** Why nothing of it may be served; null = it may. */
export function tooHeavy(
  { filters, route, aliases, paths, upstream }: AnnotationEffects,
  parts: readonly Part[],
): string | null {
  const each =
    sizeOf(filters) +
    sizeOf(route) +
    (paths.rewrite?.length ?? 0) +
    aliases.reduce((sum, alias) => sum + alias.length + HOST, 0)
  const upstreams = new Set(parts.map(({ ending }) => (ending.type === 'service' ? ending.upstream.name : '')))
  const bytes = parts.length * each + upstreams.size * sizeOf(upstream)
  if (bytes <= MOST) return null
  return `what its annotations say comes to ${mebibytes(bytes)} MiB with ${parts.length} paths and ${upstreams.size} upstreams: at most ${mebibytes(MOST)} are taken from one Ingress`
}

const sizeOf = (value: object): number => JSON.stringify(value).length

const mebibytes = (bytes: number): number => Math.ceil(bytes / 1024 / 1024)
