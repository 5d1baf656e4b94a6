// What a route's `affinity` becomes, and the keys of its cookies.

import { randomBytes } from 'node:crypto'
import { CookieAffinity, type Reach } from '../balancing/cookie-affinity.ts'
import { HeaderAffinity } from '../balancing/header-affinity.ts'
import { SessionNames } from '../balancing/session-names.ts'
import type { GatewayConfig, RouteConfig, WeightedUpstream } from '../config/model.ts'
import type { Affinity } from '../model/affinity.ts'
import type { RouteBinding } from '../model/snapshot.ts'
import { labelsKey, type Subset } from '../model/subset.ts'
import type { Upstream } from '../model/upstream.ts'
import { standInNames } from './stand-ins.ts'

/** Secrets that are remembered; beyond that names are computed anew. */
const MAX_SECRETS = 256

/** Of a binding: who may serve it. */
type Among = Pick<RouteBinding, 'upstreams' | 'weights' | 'subsets' | 'standIns'>

/** With, per upstream, whether its filters answer every request: then no endpoint has to be there, and no session begins. */
type Reachable = Among & { readonly answered: readonly boolean[] }

/** One per data plane: names of endpoints by secret, so that a reload computes only what is new. */
export class SessionKeys {
  private readonly generated: string
  private readonly names = new Map<string, SessionNames>()

  /** `generated` is used where the configuration has no secret: the same in all processes of a gateway. */
  constructor(generated: string = randomBytes(32).toString('base64url')) {
    this.generated = generated
  }

  of(secret: string | null): SessionNames {
    const used = secret ?? this.generated
    const known = this.names.get(used)
    if (known !== undefined) return known
    if (this.names.size >= MAX_SECRETS) this.names.clear()
    const names = new SessionNames(used)
    this.names.set(used, names)
    return names
  }
}

/** null = the picker decides each time. */
export function affinityOf({ affinity, to }: RouteConfig, reached: Among, keys: SessionKeys): Affinity | null {
  if (affinity === null || reached.upstreams.length === 0) return null
  const among = { ...reached, answered: to.filter(({ weight }) => weight > 0).map(answers) }
  if (affinity.type === 'header') return new HeaderAffinity(affinity.name, among.weights, (choice) => serves(among, choice))
  const names = keys.of(typeof affinity.secret === 'string' ? affinity.secret : null)
  return new CookieAffinity(affinity, names, reachOf(among, names))
}

/** By upstream: the names that its endpoints may be asked for. */
export function namesInUse(
  { routes, upstreams }: GatewayConfig,
  keys: SessionKeys,
): ReadonlyMap<string, ReadonlySet<SessionNames>> {
  const used = new Map<string, Set<SessionNames>>()
  for (const { affinity, to } of routes) {
    if (affinity?.type !== 'cookie') continue
    const names = keys.of(typeof affinity.secret === 'string' ? affinity.secret : null)
    for (const name of to.flatMap(({ upstream }) => [upstream, ...standInNames(upstream, upstreams)])) {
      const there = used.get(name)
      if (there === undefined) used.set(name, new Set([names]))
      else there.add(names)
    }
  }
  return used
}

const answers = ({ filters }: WeightedUpstream): boolean =>
  filters.some(({ type }) => type === 'respond' || type === 'redirect')

/** Where nobody of one upstream can be used, its sessions are better off with another of the list. */
function serves({ upstreams, subsets, answered }: Reachable, choice: number): boolean {
  if (answered[choice]) return true
  const upstream = upstreams[choice] as Upstream
  return upstreams.length === 1 || (subsets?.[choice] ?? upstream).usable || upstream.relieved
}

function reachOf(among: Reachable, names: SessionNames): readonly Reach[] {
  const { upstreams, subsets, standIns } = among
  const reach = (upstream: Upstream, subset: Subset | null, choice: number): Reach => ({
    serves: () => serves(among, choice),
    upstream,
    subset,
    choice,
    part: names.partOf(upstream, subset === null ? '' : labelsKey(subset.labels)),
  })
  return [
    ...upstreams.map((upstream, choice) => reach(upstream, subsets?.[choice] ?? null, choice)),
    ...(standIns ?? []).flatMap((list, choice) => (list ?? []).map(({ upstream }) => reach(upstream, null, choice))),
  ].filter(({ choice }) => !among.answered[choice])
}
