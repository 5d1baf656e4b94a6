// Each with a chance in proportion to its weight. O(1).

import type { Balancer } from '../model/balancer.ts'
import { EndpointDraw } from './endpoint-draw.ts'

export const random: Balancer = {
  name: 'random',
  build(endpoints, dice) {
    const lots = new EndpointDraw(endpoints, dice)
    return { pick: ({ tried }) => lots.draw(tried)?.endpoint ?? null }
  },
}
