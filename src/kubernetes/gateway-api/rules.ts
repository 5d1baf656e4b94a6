// One rule of an HTTPRoute or a GRPCRoute: where its requests go, in the words of the file.

import type { Read } from '../memo.ts'
import type { NamedUpstream } from '../service-upstream.ts'
import type { Trouble } from './addresses.ts'
import { type Backends, type Carried, resolve, type Unusable } from './backend-refs.ts'
import { extensionsOf, routeKeysOf } from './extensions.ts'
import { writeFilters } from './filters.ts'
import type { Asker } from './grants.ts'
import type { FilteredBackendRef, FilterSpec, RouteRule } from './kinds.ts'
import type { Use } from './route-parts.ts'
import type { Variant } from './variants.ts'

export interface Around {
  readonly by: Asker
  readonly carried: Carried
  readonly backends: Backends
  readonly read: Read
}

export interface RuleParts {
  /** Keys of a route beside its name, listeners, hosts and match. */
  readonly written: Readonly<Record<string, unknown>>
  readonly upstreams: readonly NamedUpstream[]
  readonly unresolved: readonly Trouble[]
  /** Why its requests are answered 500; null = they are not, or only a share of them. */
  readonly refused: Trouble | null
  readonly uses: readonly Use[]
}

/** A filter that answers. */
export function answer(reason: 'invalid-reference' | 'refused-object', detail: string): object {
  return { respond: { reason, detail: detail.slice(0, 1000) } }
}

/** Reasons for references that lead nowhere. */
const NOT_THERE = ['InvalidKind', 'FilterNotFound', 'InvalidFilter']

/** What cannot be honoured is answered, whole: nothing may reach an endpoint that should have been changed or refused before. */
export function refuse(trouble: Trouble): RuleParts {
  const missing = NOT_THERE.includes(trouble.reason)
  return {
    written: { filters: [answer(missing ? 'invalid-reference' : 'refused-object', trouble.brief ?? trouble.message)] },
    upstreams: [],
    unresolved: missing ? [trouble] : [],
    refused: missing ? null : trouble,
    uses: [],
  }
}

export function writeRule(rule: RouteRule<unknown>, variant: Variant, around: Around): RuleParts {
  const specs = rule.filters ?? []
  if (rule.sessionPersistence !== undefined)
    return refuse({ reason: 'UnsupportedValue', message: 'sessionPersistence is not supported' })
  const { by, backends, read } = around
  const find = extensionsOf(by.namespace, backends.extensions, read)
  const filters = writeFilters(specs, variant, find)
  if ('reason' in filters) return refuse(filters)
  const found = new Findings(variant, around)
  const mirror = found.mirrors(specs)
  const redirects = specs.some(({ type }) => type === 'RequestRedirect')
  const shares = redirects ? [] : found.shares(rule.backendRefs ?? [])
  const last = redirects || shares.length > 0 ? [] : [answer('invalid-reference', found.nowhere(rule.backendRefs ?? []))]
  return {
    written: {
      ...routeKeysOf(specs, find),
      filters: [...filters, ...last],
      ...(shares.length > 0 ? { to: shares } : {}),
      ...(mirror.length > 0 && shares.length > 0 ? { mirror } : {}),
    },
    upstreams: found.upstreams,
    unresolved: found.unresolved,
    refused: null,
    uses: found.uses,
  }
}

/** What the references of a rule come to. */
export class Findings {
  readonly upstreams: NamedUpstream[] = []
  readonly unresolved: Trouble[] = []
  readonly uses: Use[] = []
  /** Why references cannot be used, whoever tells of it. */
  readonly #unusable: string[] = []
  readonly #variant: Variant
  readonly #around: Around

  constructor(variant: Variant, around: Around) {
    this.#variant = variant
    this.#around = around
  }

  /** Entries of `to`; empty = there is nowhere to go. */
  shares(refs: readonly FilteredBackendRef[]): object[] {
    const found = refs.map((ref) => ({ weight: ref.weight ?? 1, ...this.#entry(ref) })).filter(({ weight }) => weight > 0)
    const any = found.find(({ upstream }) => upstream !== null)?.upstream ?? null
    if (any === null) return []
    // A share without an upstream is answered before one is asked: which it names does not matter.
    return found.map(({ weight, upstream, filters }) => ({ upstream: upstream ?? any, weight, filters }))
  }

  nowhere(refs: readonly FilteredBackendRef[]): string {
    if (this.#unusable.length > 0) return this.#unusable.join('; ')
    return refs.length === 0 ? 'the rule has no backendRefs' : 'every backendRef of the rule has weight 0'
  }

  mirrors(specs: readonly FilterSpec[]): object[] {
    return specs.flatMap(({ type, requestMirror }) => {
      if (type !== 'RequestMirror' || requestMirror === undefined) return []
      const { backendRef, percent, fraction } = requestMirror
      const found = this.#find(backendRef)
      if ('reason' in found) return []
      const share = fraction === undefined ? (percent ?? 100) : (100 * fraction.numerator) / (fraction.denominator ?? 100)
      return [{ upstream: found.upstream.name, share: `${Math.min(100, share).toFixed(8)}%` }]
    })
  }

  #entry(ref: FilteredBackendRef): { upstream: string | null; filters: readonly object[] } {
    const found = this.#find(ref)
    if ('reason' in found) return { upstream: null, filters: [answer('invalid-reference', found.message)] }
    const { name } = found.upstream
    const { by, backends, read } = this.#around
    const find = extensionsOf(by.namespace, backends.extensions, read)
    const specs = ref.filters ?? []
    const filters = writeFilters(specs, this.#variant, find)
    const mirrors = specs.some(({ type }) => type === 'RequestMirror')
    const [key] = Object.keys(routeKeysOf(specs, find))
    if (!('reason' in filters) && !mirrors && key === undefined) return { upstream: name, filters }
    const message = mirrors
      ? 'a backendRef cannot be mirrored by itself'
      : `${key} of a RouteFilter is for rules, not for a single backendRef`
    const trouble = 'reason' in filters ? filters : { reason: 'UnsupportedValue', message }
    this.unresolved.push(trouble)
    return { upstream: name, filters: [answer('refused-object', trouble.brief ?? trouble.message)] }
  }

  #find(ref: FilteredBackendRef): { upstream: NamedUpstream } | Unusable {
    const { by, carried, backends, read } = this.#around
    const found = resolve(ref, by, carried, this.#variant.clientCertificate, backends, read)
    if (found.service !== undefined)
      this.uses.push({ service: found.service, port: found.port ?? '', gateways: this.#variant.gateways })
    if ('reason' in found) {
      if (!this.#unusable.includes(found.message)) this.#unusable.push(found.message)
      if (found.unresolved) this.unresolved.push({ reason: found.reason, message: found.message })
    } else this.upstreams.push(found.upstream, ...found.standIns)
    return found
  }
}
