// TLSRoutes and TCPRoutes: connections, told apart by the name that TLS asks for or not at all.

import type { RouteConfig } from '../../config/model.ts'
import type { Read } from '../memo.ts'
import { referenceTo } from '../object-reference.ts'
import { hash8, type NamedUpstream } from '../service-upstream.ts'
import type { ObjectProblem, Origin } from '../translation.ts'
import type { Trouble } from './addresses.ts'
import { type Around as Attaching, attach } from './attach.ts'
import type { Backends } from './backend-refs.ts'
import type { Kept, Kind, StreamRouteSpec } from './kinds.ts'
import { attachmentProblems, type RefusedRule, type RouteParts, readRoute, routeName, type Use } from './route-parts.ts'
import { answer, Findings } from './rules.ts'
import { UNSERVED, variantsOf } from './variants.ts'

export function translateStreamRoute(
  resource: Kind<StreamRouteSpec>,
  { meta, spec }: Pick<Kept<StreamRouteSpec>, 'meta' | 'spec'>,
  attaching: Attaching,
  backends: Backends,
  read: Read,
): RouteParts {
  const { parentRefs = [], hostnames = [], rules = [] } = spec
  const by = { kind: resource.kind, namespace: meta.namespace }
  const attachments = attach({ ...by, parentRefs, hostnames }, attaching, read)
  // Nothing tells rules apart: the first takes everything.
  const refs = rules[0]?.backendRefs ?? []
  const path = 'spec.rules[0]'
  const object = referenceTo(resource, meta)
  const base = `${resource.kind.toLowerCase()}/${meta.namespace}/${meta.name}/0`
  const configs: RouteConfig[] = []
  const origins: (readonly [string, Origin])[] = []
  const upstreams = new Set<NamedUpstream>()
  const unresolved: Trouble[] = []
  const refused: RefusedRule[] = []
  const uses: Use[] = []
  const variants = variantsOf(attachments, ({ terminates }) => terminates)
  for (const variant of variants.length > 0 ? variants : [UNSERVED]) {
    const carried = resource.kind === 'TLSRoute' && !variant.terminates ? 'passthrough' : 'stream'
    const found = new Findings(variant, { by, carried, backends, read })
    const shares = found.shares(refs)
    const rest = shares.length > 0 ? { to: shares } : { filters: [answer('invalid-reference', found.nowhere(refs))] }
    const name = routeName(base, variant.suffix, hash8)
    const config = readRoute(backends.made, { name, listeners: variant.listeners, hosts: variant.hosts, ...rest })
    if (typeof config === 'string') refused.push({ reason: 'UnsupportedValue', message: config, path })
    else if (variant.listeners.length > 0) {
      configs.push(config)
      origins.push([name, { object, path }])
    }
    if (variant.listeners.length > 0) for (const each of found.upstreams) upstreams.add(each)
    for (const each of found.unresolved) if (!unresolved.some(({ message }) => message === each.message)) unresolved.push(each)
    uses.push(...found.uses)
  }
  const problems = [
    ...attachmentProblems(attachments),
    ...unresolved.map((each): ObjectProblem => ({ ...each, path: `${path}.backendRefs`, severity: 'refused' })),
    ...refused.map((each): ObjectProblem => ({ ...each, severity: 'refused' })),
    ...rules.slice(1).map((_rule, i): ObjectProblem => {
      const message = 'nothing tells the rules apart: the first one takes every connection'
      return { reason: 'UnsupportedValue', message, path: `spec.rules[${i + 1}]`, severity: 'differs' }
    }),
  ]
  return {
    configs,
    origins,
    upstreams: [...upstreams],
    attachments,
    unresolved,
    refused,
    useless: refused.length > 0,
    problems,
    uses,
  }
}
