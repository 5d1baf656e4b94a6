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

export interface RouteParts {
  readonly configs: readonly RouteConfig[]
  readonly upstreams: readonly NamedUpstream[]
  readonly origins: readonly (readonly [name: string, origin: Origin])[]
  readonly attachments: readonly Attachment[]
  /** References that do not resolve. */
  readonly unresolved: readonly Trouble[]
  /** Rules that cannot be served as they are written. */
  readonly refused: readonly Trouble[]
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
  if (!read.success) return read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
  const [found] = checkFilters({ routes: [read.data] })
  return found === undefined ? read.data : found.message
}

const LONGEST_NAME = 512

/** Names have a limit, and those of objects may come close to it. */
export function routeName(base: string, suffix: string, digest: (text: string) => string): string {
  const name = `${base}${suffix}`
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 9)}~${digest(name)}`
}
