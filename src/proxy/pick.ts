// Which endpoint an exchange goes to next: whom the picker names, or somebody else who is well when it knows nobody new.

import type { Picker } from '../model/balancer.ts'
import type { Endpoint } from '../model/endpoint.ts'
import type { Exchange } from '../model/exchange.ts'
import type { RouteBinding } from '../model/snapshot.ts'
import type { Upstream } from '../model/upstream.ts'

/** The one of the subset that the route asks for, or of the whole upstream. Who stands in for an upstream has no subsets. */
export function pickerFor(x: Exchange, upstream: Upstream): Picker {
  const { subset } = x
  return subset !== null && subset.upstream === upstream ? subset.picker : upstream.picker
}

/** One where the exchange has not been; null = there is none. */
export function pickAnother(x: Exchange, upstream: Upstream): Endpoint | null {
  const endpoint = pickerFor(x, upstream).pick(x)
  if (endpoint !== null || x.tried === null || upstream.roster === null) return endpoint
  // Those of another zone or priority are not asked first, but before anybody is asked twice.
  return upstream.roster.spare(x.tried, x.subset !== null && x.subset.upstream === upstream ? x.subset : null)
}

/** null = there is none at all. */
export function pickEndpoint(x: Exchange, upstream: Upstream): Endpoint | null {
  const { affinity } = x.binding as RouteBinding
  const endpoint = (affinity === null ? null : affinity.pick(x)) ?? pickAnother(x, upstream)
  if (endpoint !== null || x.tried === null) return endpoint
  // Nowhere else to go: the ones tried already are better than nothing.
  x.tried = null
  return pickAnother(x, upstream)
}
