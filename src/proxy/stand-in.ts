// Which upstream serves an exchange: the one that its route chose, or who stands in while that has no endpoint that can be used.

import type { ResponseCounters } from '../model/counters.ts'
import type { Exchange } from '../model/exchange.ts'
import type { RequestHash, RouteBinding, StandIn } from '../model/snapshot.ts'
import type { Upstream } from '../model/upstream.ts'

/** Asked before each attempt of a binding with stand-ins: what fails between two of them moves the exchange on. */
export function upstreamInUse(x: Exchange): Upstream {
  const { upstreams, standIns } = x.binding as RouteBinding
  const chosen = upstreams[x.choice] as Upstream
  const others = standIns?.[x.choice] ?? null
  if (others === null || serves(chosen, x)) return chosen
  for (const { upstream } of others) if (serves(upstream, x)) return upstream
  // Nobody is: panic applies, first where the route would have gone.
  if (x.subset === null ? chosen.roster?.panic === true : x.subset.panic) return chosen
  for (const { upstream } of others) if (upstream.roster?.panic === true) return upstream
  return chosen
}

function serves(upstream: Upstream, x: Exchange): boolean {
  const usable = x.subset !== null && x.subset.upstream === upstream ? x.subset.usable : upstream.usable
  return usable && (upstream.breaker === null || upstream.breaker.passes(x))
}

function standInOf(x: Exchange): StandIn | undefined {
  return x.binding?.standIns?.[x.choice]?.find(({ upstream }) => upstream === x.upstream)
}

/** What the balancer of the upstream in use goes by; null = it does not hash. */
export function hashInUse(x: Exchange): RequestHash | null {
  const { hashes, standIns } = x.binding as RouteBinding
  const standIn = standIns === null ? undefined : standInOf(x)
  return standIn === undefined ? (hashes?.[x.choice] ?? null) : standIn.hash
}

/** Where its answer is counted. */
export function responsesInUse(x: Exchange): ResponseCounters | undefined {
  const { responses, standIns } = x.binding as RouteBinding
  const standIn = standIns === null ? undefined : standInOf(x)
  return standIn === undefined ? responses[x.choice] : standIn.responses
}
