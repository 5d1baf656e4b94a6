// Which endpoints of an upstream can be picked, and why the others cannot.

import { breakerInWords } from '../model/breaker.ts'
import type { ExplainedEndpoint } from '../model/explanation.ts'
import { whyLeftOut, whyOut } from '../model/left-out.ts'
import type { Subset } from '../model/subset.ts'
import type { Upstream } from '../model/upstream.ts'

/** `subset` is what the route asks for; null = the whole upstream. */
export function explainEndpoints(
  { name, specs, endpoints, roster, breaker }: Upstream,
  subset: Subset | null,
): ExplainedEndpoint[] {
  const candidates = roster?.candidates(subset) ?? new Set()
  return specs.map((spec) => {
    const { address, weight } = spec
    const endpoint = endpoints.get(address)
    if (endpoint === undefined || roster === null) return { address, weight, eligible: false, why: 'it is new' }
    const failed = endpoint.unreachable === '' ? '' : `; the last connection failed: ${endpoint.unreachable}`
    const standing = roster.stateOf(endpoint)
    const no = (why: string): ExplainedEndpoint => ({ address, weight, eligible: false, why: why + failed })
    if (!candidates.has(endpoint)) return no(whyLeftOut(spec, standing, subset, roster.zone))
    if (breaker?.state === 'open') return no(`the breaker of upstream ${name} is ${breakerInWords(breaker)}`)
    // Nobody better is left, or health is ignored.
    const although = standing.up ? '' : ` although it is ${whyOut(standing)}`
    const busy = endpoint.inFlight === 0 ? '' : `, ${endpoint.inFlight} running`
    return { address, weight, eligible: true, why: `can be picked${although}${busy}${failed}` }
  })
}
