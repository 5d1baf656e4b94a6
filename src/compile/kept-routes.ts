// What a compile takes over of the configuration in force: a route that says the same, and whose upstreams do, keeps its binding, its
// filters and its counters; a listener all of whose routes stay keeps its table.

import type { GatewayConfig, RouteConfig } from '../config/model.ts'
import type { FilterChain } from '../model/filter.ts'
import type { RouteRule, RouteTable } from '../model/route-table.ts'
import type { RouteBinding } from '../model/snapshot.ts'
import type { LiveCounters, Recorded } from './live-counters.ts'
import { standInNames } from './stand-ins.ts'

type Rules = readonly RouteRule<RouteBinding>[]
type Chains = readonly (FilterChain | null)[] | null

interface KeptRoute {
  /** Of all listeners together; undefined = not compiled yet. */
  chains: Recorded<Chains> | undefined
  /** By listener. */
  readonly rules: Map<string, Recorded<Rules>>
}

interface KeptTable {
  readonly rules: Rules
  readonly caseSensitive: boolean
  readonly table: RouteTable<RouteBinding>
}

/** A configuration in force, with what was made of it. */
export interface Before {
  readonly config: GatewayConfig
  readonly kept: KeptRoutes
}

export class KeptRoutes {
  readonly #routes = new Map<RouteConfig, KeptRoute>()
  readonly #tables = new Map<string, KeptTable>()

  route(route: RouteConfig): KeptRoute | undefined {
    return this.#routes.get(route)
  }

  /** Made when there is none. */
  entry(route: RouteConfig): KeptRoute {
    let entry = this.#routes.get(route)
    if (entry === undefined) {
      entry = { chains: undefined, rules: new Map() }
      this.#routes.set(route, entry)
    }
    return entry
  }

  table(listener: string): KeptTable | undefined {
    return this.#tables.get(listener)
  }

  setTable(listener: string, table: KeptTable): void {
    this.#tables.set(listener, table)
  }
}

/** One compile's way from what was kept to what is to be kept. */
export class RouteKeeper {
  readonly kept = new KeptRoutes()
  readonly #before: KeptRoutes | null
  readonly #changed: ReadonlySet<string>
  readonly #counters: LiveCounters

  constructor(config: GatewayConfig, before: Before | null, counters: LiveCounters) {
    this.#before = before?.kept ?? null
    this.#changed = before === null ? new Set() : changedUpstreams(config, before.config)
    this.#counters = counters
  }

  /** As in force, or what `make` makes. */
  rules(route: RouteConfig, listener: string, make: () => Rules): Rules {
    const recorded = this.#take(this.#stays(route)?.rules.get(listener), make)
    this.kept.entry(route).rules.set(listener, recorded)
    return recorded.value
  }

  /** Made once for all listeners. */
  chains(route: RouteConfig, make: () => Chains): Chains {
    const entry = this.kept.entry(route)
    entry.chains ??= this.#take(this.#stays(route)?.chains, make)
    return entry.chains.value
  }

  /** `build` is given the one in force. */
  table(
    listener: string,
    rules: Rules,
    caseSensitive: boolean,
    build: (before: RouteTable<RouteBinding> | null) => RouteTable<RouteBinding>,
  ): RouteTable<RouteBinding> {
    const there = this.#before?.table(listener)
    const same =
      there !== undefined &&
      there.caseSensitive === caseSensitive &&
      there.rules.length === rules.length &&
      rules.every((rule, i) => rule === there.rules[i])
    const table = same ? there.table : build(there?.table ?? null)
    this.kept.setTable(listener, { rules, caseSensitive, table })
    return table
  }

  #take<T>(recorded: Recorded<T> | undefined, make: () => T): Recorded<T> {
    if (recorded === undefined) return this.#counters.recorded(make)
    this.#counters.stillUsed(recorded)
    return recorded
  }

  #stays(route: RouteConfig): KeptRoute | undefined {
    const there = this.#before?.route(route)
    return there === undefined || usesPlugins(route) || this.#reachesChanged(route) ? undefined : there
  }

  #reachesChanged({ to, mirror }: RouteConfig): boolean {
    if (this.#changed.size === 0) return false
    return to.some(({ upstream }) => this.#changed.has(upstream)) || mirror.some(({ upstream }) => this.#changed.has(upstream))
  }
}

/** Their code may be another one, whatever the route says. */
function usesPlugins({ filters, to }: RouteConfig): boolean {
  return filters.some(isPlugin) || to.some((upstream) => upstream.filters.some(isPlugin))
}

const isPlugin = ({ type }: RouteConfig['filters'][number]): boolean => type === 'plugin'

/** Names of those that say something else than before, and of those that they stand in for. */
function changedUpstreams({ upstreams }: GatewayConfig, before: GatewayConfig): ReadonlySet<string> {
  const changed = new Set<string>()
  for (const name in upstreams) if (upstreams[name] !== before.upstreams[name]) changed.add(name)
  for (const name in before.upstreams) if (!Object.hasOwn(upstreams, name)) changed.add(name)
  if (changed.size === 0) return changed
  const relieved = Object.keys(upstreams).filter((name) => upstreams[name]?.failover.length !== 0)
  const touched = relieved.filter((name) =>
    [upstreams, before.upstreams].some((configs) => standInNames(name, configs).some((other) => changed.has(other))),
  )
  for (const name of touched) changed.add(name)
  return changed
}
