// A canary beside its main Ingress, as in ingress-nginx: header, then cookie, then weight. Everything else is the main's.

import { upstreamWithPolicy } from '../policies/followed-policy.ts'
import type { NamedUpstream } from '../service-upstream.ts'
import type { CanaryEffects, Written } from './annotations/effects.ts'
import type { CanaryPart } from './claims.ts'
import type { Ending, IngressPart } from './parts.ts'
import { refusal } from './problems.ts'

/** What a route asks of a request beside host and path. */
export interface Asked {
  readonly headers?: Written
  readonly cookies?: Written
}

export interface CanaryPlan {
  /** Before the main's own, in this order. */
  readonly routes: readonly { readonly name: string; readonly asked: Asked; readonly ending: Ending }[]
  /** Of what the main's own route takes; null = nothing. */
  readonly share: {
    readonly upstream: NamedUpstream
    readonly standIns: readonly NamedUpstream[]
    readonly weight: number
    readonly total: number
  } | null
}

const NOTHING: CanaryPlan = { routes: [], share: null }

/**
 * `main` is the ending of the main part. Requests that ask for a canary that cannot be had are refused; a share of the others is never
 * taken from a main that works for a canary that does not.
 */
export function planCanary(owner: IngressPart, main: Ending, { owner: { ingress, effects }, part }: CanaryPart): CanaryPlan {
  const { canary } = effects
  if (canary === null || main.type === 'answer') return NOTHING
  // What cannot be protected at the main is not served unprotected here.
  if (main.type === 'refusal' && main.reason === 'refused-object') return NOTHING
  const ending = endingBeside(owner, effects.upstream, ingress.meta.namespace, part.ending)
  const { weight, weightTotal: total } = canary
  const share =
    main.type === 'service' && ending.type === 'service' && weight > 0
      ? { upstream: ending.upstream, standIns: ending.standIns, weight, total }
      : null
  const routes = decisions(canary, share !== null).map(({ suffix, asked, goes }) => ({
    name: `${part.name}/${suffix}`,
    asked,
    ending: goes ? ending : main,
  }))
  return { routes, share }
}

/** The canary's endpoints, spoken to as the main's are; only the balancer is its own. */
function endingBeside({ effects }: IngressPart, own: Written, namespace: string, ending: Ending): Ending {
  if (ending.type !== 'service') return ending
  const { balancer } = own
  const written = { ...effects.upstream, ...(balancer === undefined ? {} : { balancer }) }
  const made = upstreamWithPolicy(namespace, ending.service, ending.port, written, ending.policy)
  if (typeof made !== 'string') return { ...ending, ...made }
  return refusal('refused-object', 'the annotations ask for an upstream that cannot be')
}

interface Decision {
  readonly suffix: string
  readonly asked: Asked
  /** Whether to the canary. */
  readonly goes: boolean
}

/** `shared` = the main's own route gives some to the canary, so that `never` has something to say. */
function decisions({ header, headerValue, headerPattern, cookie }: CanaryEffects, shared: boolean): Decision[] {
  const found: Decision[] = []
  if (header !== null) {
    const value = headerValue ?? (headerPattern === null ? 'always' : { regex: `.*(?:${headerPattern}).*` })
    found.push({ suffix: 'header', asked: { headers: { [header]: value } }, goes: true })
    if (value === 'always' && headerValue === null && (shared || cookie !== null))
      found.push({ suffix: 'header-never', asked: { headers: { [header]: 'never' } }, goes: false })
  }
  if (cookie !== null) {
    found.push({ suffix: 'cookie', asked: { cookies: { [cookie]: 'always' } }, goes: true })
    if (shared) found.push({ suffix: 'cookie-never', asked: { cookies: { [cookie]: 'never' } }, goes: false })
  }
  return found
}
