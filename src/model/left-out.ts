// Why an endpoint is not picked, in words for people: one wording for everybody who shows it.

import type { EndpointSpec } from './endpoint.ts'
import type { Standing } from './roster.ts'
import { hasLabels, labelsInWords, type Subset } from './subset.ts'

/** Of an endpoint that is not among those that pickers name. `own` is the zone that is preferred, null = none. */
export function whyLeftOut(
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

/** Of one that is not up. */
export function whyOut({ health, reason, until }: Standing): string {
  if (health !== 'ejected') return `${health}: ${reason}`
  return `ejected for ${reason}${until === null ? '' : ` until ${new Date(until).toISOString()}`}`
}
