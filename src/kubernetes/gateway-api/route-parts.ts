// What one route object comes to, whatever its kind.

import { checkFilters } from '../../config/checks/filters.ts'
import type { RouteConfig } from '../../config/model.ts'
import { routeSchema } from '../../config/route-schema.ts'
import type { NamedUpstream } from '../service-upstream.ts'
import type { ObjectProblem, Origin } from '../translation.ts'
import type { Trouble } from './addresses.ts'
import type { Attachment } from './attach.ts'
import type { Made } from './backend-refs.ts'

/** A port of a Service that is reached through these Gateways. */
export interface Use {
  readonly service: string
  readonly port: string
  readonly gateways: readonly string[]
}

export interface RefusedRule extends Trouble {
  /** As in `spec.rules[0]`. */
  readonly path: string
}

export interface RouteParts {
  readonly configs: readonly RouteConfig[]
  readonly upstreams: readonly NamedUpstream[]
  readonly origins: readonly (readonly [name: string, origin: Origin])[]
  readonly attachments: readonly Attachment[]
  /** References that do not resolve. */
  readonly unresolved: readonly Trouble[]
  /** Rules that cannot be served as they are written. */
  readonly refused: readonly RefusedRule[]
  /** All of its rules are. */
  readonly useless: boolean
  readonly problems: readonly ObjectProblem[]
  readonly uses: readonly Use[]
}

/** What is wrong with it, in words, where the schema refuses it. `instead`: it is written in the place of something that was refused. */
export function readRoute(
  made: Made,
  written: Readonly<Record<string, unknown>> & { readonly name: string },
  instead = false,
): RouteConfig | string {
  return made.routes.make(instead ? `${written.name} instead` : written.name, written, () => readNew(written))
}

function readNew(written: object): RouteConfig | string {
  const read = routeSchema.safeParse(written)
  if (!read.success) return read.error.issues.map(({ path, message }) => `${inObject(path)}: ${message}`).join('; ')
  const [found] = checkFilters({ routes: [read.data] })
  return found === undefined ? read.data : found.message
}

/** Whether one of `match` can be read. */
export function isMatch(match: object): boolean {
  return routeSchema.safeParse({ name: 'match', match: [match], filters: [{ respond: { status: 500 } }] }).success
}

/** Matches are those of the object, one for one. */
function inObject([key, index, ...rest]: readonly PropertyKey[]): string {
  return key === 'match' && index !== undefined ? `matches[${String(index)}]` : [key, index, ...rest].map(String).join('.')
}

/** What is wrong with where a route is attached. */
export function attachmentProblems(attachments: readonly Attachment[]): ObjectProblem[] {
  return attachments.flatMap(({ refused, path }) => (refused === null ? [] : [{ ...refused, path, severity: 'refused' }]))
}

const LONGEST_NAME = 512

/** Names have a limit, and those of objects may come close to it. */
export function routeName(base: string, suffix: string, digest: (text: string) => string): string {
  const name = `${base}${suffix}`
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 9)}~${digest(name)}`
}
