// HTTPRoutes and GRPCRoutes as routes of the file: one for each rule and each set of listeners that it is the same on.

import type { RouteConfig } from '../../config/model.ts'
import type { Read } from '../memo.ts'
import { referenceTo } from '../object-reference.ts'
import { hash8, type NamedUpstream } from '../service-upstream.ts'
import type { ObjectProblem, Origin } from '../translation.ts'
import type { Trouble } from './addresses.ts'
import { type Around as Attaching, attach } from './attach.ts'
import type { Backends, Made as BeforeMade, Carried } from './backend-refs.ts'
import { dependsOnPort } from './filters.ts'
import type { Kept, Kind, RouteRule, RouteSpec } from './kinds.ts'
import {
  attachmentProblems,
  isMatch,
  type RefusedRule,
  type RouteParts,
  readRoute,
  routeName,
  type Use,
} from './route-parts.ts'
import { answer, type RuleParts, refuse, writeRule } from './rules.ts'
import { UNSERVED, type Variant, variantsOf } from './variants.ts'

export interface RouteKind<Match> {
  readonly resource: Kind<RouteSpec<Match>>
  readonly carried: Carried
  match(written: Match): object | Trouble
  /** Keys of a route that say how long it may take, and how often it is tried. */
  times(rule: RouteRule<Match>): object | Trouble
}

export function translateRoute<Match>(
  kind: RouteKind<Match>,
  { meta, spec }: Pick<Kept<RouteSpec<Match>>, 'meta' | 'spec'>,
  attaching: Attaching,
  backends: Backends,
  read: Read,
): RouteParts {
  const { resource, carried } = kind
  const { parentRefs = [], hostnames = [], rules = [] } = spec
  const by = { kind: resource.kind, namespace: meta.namespace }
  const attachments = attach({ ...by, parentRefs, hostnames }, attaching, read)
  const parts = new Parts(backends.made)
  const object = referenceTo(resource, meta)
  const base = `${resource.kind.toLowerCase()}/${meta.namespace}/${meta.name}`
  let served = 0
  for (const [i, rule] of rules.entries()) {
    const path = `spec.rules[${i}]`
    const name = `${base}/${labelOf(rule, i)}`
    const filters = [...(rule.filters ?? []), ...(rule.backendRefs ?? []).flatMap((ref) => ref.filters ?? [])]
    const variants = variantsOf(attachments, dependsOnPort(filters) ? ({ port, protocol }) => [port, protocol] : ANYWHERE)
    let whole = true
    for (const variant of variants.length > 0 ? variants : [UNSERVED]) {
      const made = ruleParts(kind, rule, variant, { by, carried, backends, read })
      const refused = parts.add(made, variant, name, object, path)
      if (refused !== null) whole = false
    }
    if (whole) served++
  }
  return { ...parts.done(attachmentProblems(attachments)), attachments, useless: rules.length > 0 && served === 0 }
}

const ANYWHERE = (): null => null

/** A name that is a number could be that of another rule. */
function labelOf({ name = '' }: RouteRule<unknown>, index: number): string {
  return name === '' || /^\d+$/.test(name) ? String(index) : name
}

/** `lost`: of the matches that are written none is left. What has none at all matches everything. */
type Made = RuleParts & { readonly match: readonly object[]; readonly lost: boolean }

function ruleParts<Match>(
  kind: RouteKind<Match>,
  rule: RouteRule<Match>,
  variant: Variant,
  around: Parameters<typeof writeRule>[2],
): Made {
  const matches = (rule.matches ?? []).map((each) => kind.match(each))
  const wrong = matches.find((each): each is Trouble => 'reason' in each)
  const match = matches.filter((each) => !('reason' in each))
  const matched = { match, lost: matches.length > 0 && match.length === 0 }
  if (wrong !== undefined) return { ...refuse(wrong), ...matched }
  const times = kind.times(rule)
  if ('reason' in times) return { ...refuse(times as Trouble), ...matched }
  const parts = writeRule(rule, variant, around)
  return { ...parts, ...matched, written: parts.refused === null ? withTimes(parts.written, times) : parts.written }
}

/** What a rule says of time goes before what its filters say. */
function withTimes(written: RuleParts['written'], times: object): RuleParts['written'] {
  const { timeout, ...rest } = times as { readonly timeout?: object }
  return { ...written, ...rest, timeout: { ...Object(written.timeout), ...timeout } }
}

/** Gathers what the rules of a route come to. */
class Parts {
  readonly #made: BeforeMade
  readonly #configs: RouteConfig[] = []
  readonly #upstreams = new Set<NamedUpstream>()
  readonly #origins: (readonly [string, Origin])[] = []
  readonly #unresolved: Trouble[] = []
  readonly #refused: RefusedRule[] = []
  readonly #problems: ObjectProblem[] = []
  readonly #uses: Use[] = []

  constructor(made: BeforeMade) {
    this.#made = made
  }

  /** Returns why the rule is refused, null = it is not. */
  add(made: Made, { suffix, listeners, hosts }: Variant, base: string, object: Origin['object'], path: string): Trouble | null {
    const name = routeName(base, suffix, hash8)
    const head = { name, listeners, hosts, match: made.match }
    let { refused, lost } = made
    let config = readRoute(this.#made, { ...head, ...made.written })
    if (typeof config === 'string') {
      refused = { reason: 'UnsupportedValue', message: config }
      // Of its matches those that can be read.
      const match = made.match.filter(isMatch)
      lost ||= made.match.length > 0 && match.length === 0
      config = readRoute(this.#made, { ...head, match, filters: [answer('refused-object', config)] }, true)
    }
    const matched = typeof config !== 'string' && !lost
    if (typeof config !== 'string' && listeners.length > 0 && matched) {
      this.#configs.push(config)
      this.#origins.push([name, { object, path }])
    }
    if (listeners.length > 0) for (const each of made.upstreams) this.#upstreams.add(each)
    for (const each of made.unresolved) {
      const where = `${path}.${/Filter/.test(each.reason) ? 'filters' : 'backendRefs'}`
      if (this.#tell(each, where)) this.#unresolved.push(each)
    }
    if (refused !== null) {
      const message = matched ? refused.message : `${refused.message}; nothing is matched by it`
      if (this.#tell({ ...refused, message }, path)) this.#refused.push({ ...refused, message, path })
    }
    this.#uses.push(...made.uses)
    return refused
  }

  /** Whether it was not told yet: a rule may come to several routes. */
  #tell(trouble: Trouble, path: string): boolean {
    if (this.#problems.some((each) => each.message === trouble.message && each.path === path)) return false
    this.#problems.push({ ...trouble, path, severity: 'refused' })
    return true
  }

  done(further: readonly ObjectProblem[]): Omit<RouteParts, 'attachments' | 'useless'> {
    return {
      configs: this.#configs,
      upstreams: [...this.#upstreams],
      origins: this.#origins,
      unresolved: this.#unresolved,
      refused: this.#refused,
      problems: [...further, ...this.#problems],
      uses: this.#uses,
    }
  }
}
