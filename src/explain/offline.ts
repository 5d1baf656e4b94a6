// A configuration that nobody serves yet, compiled as a gateway would compile it.

import { compile } from '../compile/compile.ts'
import { LiveCounters } from '../compile/live-counters.ts'
import type { GatewayConfig } from '../config/model.ts'
import { type Random, systemClock } from '../model/clock.ts'
import { Deadlines } from '../model/deadlines.ts'
import type { EndpointSets } from '../model/discovery.ts'
import { WHOLE } from '../model/quota.ts'
import type { ExplainView } from './explain.ts'

/**
 * What is told from it. Nothing is connected, listened on or looked up; `sets` are endpoints that are known beside those that stand
 * in it. `random` also decides where pickers begin.
 */
export function compileOffline(config: GatewayConfig, random: Random, sets: EndpointSets = new Map()): ExplainView {
  const { snapshot, plans } = compile(config, null, {
    id: 'explained',
    deadlines: new Deadlines(systemClock),
    random,
    part: WHOLE,
    sets,
    counters: new LiveCounters(),
    access: null,
  })
  for (const plan of plans) plan.apply()
  return {
    snapshot,
    bound: config.listeners.flatMap(({ name, bind }) => bind.map((address) => ({ listener: name, address }))),
    undiscovered: new Set(
      Object.entries(config.upstreams).flatMap(([name, { discovery }]) =>
        'static' in discovery || sets.has(name) ? [] : [name],
      ),
    ),
    pressure: 0,
    random,
  }
}
