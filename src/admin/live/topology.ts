// The configuration in force as the dashboard draws it: names, and who leads to whom.

import type { RouteConfig } from '../../config/model.ts'
import { takesRoute } from '../../config/takes-route.ts'
import type { ServedFacts } from '../state.ts'
import { matchInWords } from './match-words.ts'
import type { Topology, TopologyRoute } from './messages.ts'

/** Of the conditions of a route and the hosts of one, so many are shown. */
const MOST_SHOWN = 12

export function topologyOf({ listeners, routes, addresses }: ServedFacts): Topology {
  const open = listeners.filter((listener) => takesRoute(listener, { listeners: [] })).map(({ name }) => name)
  return {
    listeners: listeners.map(({ name, protocol, bind }) => ({
      name,
      protocol,
      addresses: bind.map((each) => addresses.find((address) => address.bind === each)?.address ?? each),
    })),
    routes: routes.map((route) => drawn(route, open)),
  }
}

function drawn(route: RouteConfig, open: readonly string[]): TopologyRoute {
  return {
    name: route.name,
    listeners: route.listeners.length === 0 ? open : route.listeners,
    hosts: few(route.hosts),
    match: few(route.match.map(matchInWords)),
    filters: few(route.filters.map(({ type }) => type)),
    to: route.to.map(({ upstream, weight }) => ({ upstream, weight })),
  }
}

function few(words: readonly string[]): readonly string[] {
  return words.length <= MOST_SHOWN ? words : [...words.slice(0, MOST_SHOWN), `and ${words.length - MOST_SHOWN} more`]
}
