// How endpoints, upstreams, routes and listeners are, in one word each for a shape, a colour and a text.

import type { LiveEndpoint, LiveUpstream, Topology, TopologyRoute } from '../live/messages.ts'
import type { Failing, Recent } from './recent.ts'

export interface UpstreamView extends Omit<LiveUpstream, 'endpoints'> {
  readonly endpoints: ReadonlyMap<string, LiveEndpoint>
}

/** `idle`: it could serve, but others come first. */
export type Kind = 'ok' | 'idle' | 'warn' | 'bad'

export interface Standing {
  readonly kind: Kind
  readonly text: string
  /** Of an endpoint that gets requests: none of them works. */
  readonly dead?: true
}

const UP: Standing = { kind: 'ok', text: 'up' }

/** `failing`: tries at it, just now. */
export function endpointStanding({ health, reason }: LiveEndpoint, failing: Failing): Standing {
  if (health === 'up' && failing === 'all') return { kind: 'bad', text: 'up, every try fails', dead: true }
  if (health === 'up' && failing === 'some') return { kind: 'warn', text: 'up, tries fail' }
  if (health === 'up') return reason === null ? UP : { kind: 'idle', text: 'not used' }
  return { kind: health === 'terminating' ? 'warn' : 'bad', text: health }
}

export function upstreamStanding({ breaker, panic }: UpstreamView, all: readonly Standing[]): Standing {
  if (breaker === 'open') return { kind: 'bad', text: 'breaker open' }
  if (all.length === 0) return { kind: 'bad', text: 'no endpoints' }
  const dead = all.filter((standing) => standing.dead).length
  const out = all.filter(({ kind }) => kind === 'bad').length - dead
  if (panic) return { kind: 'bad', text: `panic: ${out} of ${all.length} out` }
  if (out === all.length) return { kind: 'bad', text: all.length === 1 ? 'its endpoint is out' : `all ${out} out` }
  if (out + dead === all.length) return { kind: 'bad', text: 'every try fails' }
  if (out > 0) return { kind: 'warn', text: `${out} of ${all.length} out` }
  const failing = all.filter(({ kind }) => kind === 'warn').length + dead
  if (failing > 0) return { kind: 'warn', text: all.length === 1 ? 'tries fail' : `${failing} of ${all.length} in trouble` }
  if (breaker === 'half-open') return { kind: 'warn', text: 'breaker half open' }
  return { kind: 'ok', text: all.length === 1 ? '1 up' : `${all.length} up` }
}

/** `served`: what became of requests just now. */
export function routeStanding(
  { name, to }: TopologyRoute,
  upstreams: ReadonlyMap<string, Standing>,
  served: Pick<Recent, 'failing' | 'worked'>,
): Standing {
  const used = to.filter(({ weight }) => weight > 0)
  if (used.length === 0) return { kind: 'ok', text: 'answers itself' }
  const bad = used.filter(({ upstream }) => upstreams.get(upstream)?.kind === 'bad').length
  // By failover, or in panic.
  if (bad === used.length && served.worked(name) && served.failing(name) === null)
    return { kind: 'warn', text: 'served all the same' }
  if (bad === used.length) return { kind: 'bad', text: 'nobody answers' }
  if (bad > 0) return { kind: 'warn', text: 'a part fails' }
  const warned = used.some(({ upstream }) => upstreams.get(upstream)?.kind === 'warn')
  return warned ? { kind: 'warn', text: 'endpoints in trouble' } : { kind: 'ok', text: 'ok' }
}

export function listenerStanding(name: string, { routes }: Topology, standings: ReadonlyMap<string, Standing>): Standing {
  const own = routes.filter(({ listeners }) => listeners.includes(name))
  const bad = own.filter((route) => standings.get(route.name)?.kind === 'bad').length
  if (own.length > 0 && bad === own.length) return { kind: 'bad', text: 'no route works' }
  if (bad > 0) return { kind: 'warn', text: `${bad} of ${own.length} routes fail` }
  return { kind: 'ok', text: own.length === 1 ? '1 route' : `${own.length} routes` }
}
