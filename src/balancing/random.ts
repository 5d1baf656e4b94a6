// Each with a chance in proportion to its weight. O(1).

import type { Balancer, PickContext } from '../model/balancer.ts'
import type { Endpoint } from '../model/endpoint.ts'
import { EndpointDraw } from './endpoint-draw.ts'

export const random: Balancer = {
  name: 'random',
  build(endpoints, dice) {
    const lots = new EndpointDraw(endpoints, dice)
    const pick = ({ tried }: PickContext): Endpoint | null => lots.draw(tried)?.endpoint ?? null
    return { pick, peek: (context, otherDice) => lots.aside(otherDice, () => pick(context)) }
  },
}
