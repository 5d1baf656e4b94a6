// Which endpoints of an upstream can be picked, and why the others cannot.

import type { EndpointSpec } from '../model/endpoint.ts'
import type { ExplainedEndpoint } from '../model/explanation.ts'
import type { Standing } from '../model/roster.ts'
import { hasLabels, labelsInWords, type Subset } from '../model/subset.ts'
import type { Upstream } from '../model/upstream.ts'

/** `subset` is what the route asks for; null = the whole upstream. */
export function explainEndpoints({ specs, endpoints, roster }: Upstream, subset: Subset | null): ExplainedEndpoint[] {
  const candidates = roster?.candidates(subset) ?? new Set()
  return specs.map((spec) => {
    const { address, weight } = spec
    const endpoint = endpoints.get(address)
    if (endpoint === undefined || roster === null) return { address, weight, eligible: false, why: 'it is new' }
    const failed = endpoint.unreachable === '' ? '' : `; the last connection failed: ${endpoint.unreachable}`
    if (candidates.has(endpoint)) {
      const busy = endpoint.inFlight === 0 ? '' : `, ${endpoint.inFlight} running`
      return { address, weight, eligible: true, why: `can be picked${busy}${failed}` }
    }
    return { address, weight, eligible: false, why: whyNot(spec, roster.stateOf(endpoint), subset, roster.zone) + failed }
  })
}

function whyNot(
  { weight, zone = null, priority = 0, labels }: EndpointSpec,
  standing: Standing,
  subset: Subset | null,
  own: string | null,
): string {
  if (weight === 0) return 'its weight is 0'
  if (subset !== null && !hasLabels(labels, subset.labels)) return `it is not labelled ${labelsInWords(subset.labels)}`
  if (!standing.up) return whyOut(standing)
  if (own !== null && zone !== own) return `it is in ${zone === null ? 'no zone' : `zone ${zone}`}, and zone ${own} has enough`
  return `its priority is ${priority}, and those before it can take everything`
}

function whyOut({ health, reason, until }: Standing): string {
  if (health !== 'ejected') return `${health}: ${reason}`
  return `ejected for ${reason}${until === null ? '' : ` until ${new Date(until).toISOString()}`}`
}
