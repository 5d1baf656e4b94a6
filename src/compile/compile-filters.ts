// Filters of routes and of their weighted upstreams → chains. Every filter is made once per configuration, whatever number of
// listeners and upstreams share it.

import type { FilterConfig, PluginFilterConfig, RouteConfig } from '../config/model.ts'
import type { FilterContext, FilterFactory } from '../filters/context.ts'
import { FILTERS } from '../filters/table.ts'
import { type Filter, type FilterChain, filterChain } from '../model/filter.ts'
import type { RouteKeeper } from './kept-routes.ts'

export interface FilterEnvironment extends Omit<FilterContext, 'route' | 'denials'> {
  /** Makes the filter of a plugin. */
  readonly plugins: PluginFilters
  readonly denials: (route: string, ...of: Parameters<FilterContext['denials']>) => ReturnType<FilterContext['denials']>
}

export type PluginFilters = (use: PluginFilterConfig) => Filter

/** For those who only look at a configuration: the code of plugins is not run. */
export const PLUGINS_UNREAD: PluginFilters = ({ name }) => ({
  name: 'plugin',
  explain: () => `plugin ${name}: its code is not run here`,
})

export class ChainCompiler {
  readonly #environment: FilterEnvironment
  readonly #keeper: Pick<RouteKeeper, 'chains'>

  constructor(environment: FilterEnvironment, keeper: Pick<RouteKeeper, 'chains'>) {
    this.#environment = environment
    this.#keeper = keeper
  }

  /** A chain per upstream of the route that has a weight (one if there is none): the route's filters, then the upstream's own. null = no filters. */
  chains(route: RouteConfig): readonly (FilterChain | null)[] | null {
    return this.#keeper.chains(route, () => this.#compile(route))
  }

  #compile(route: RouteConfig): readonly (FilterChain | null)[] | null {
    const { name } = route
    const { plugins, ...shared } = this.#environment
    const context = contextOf(shared, name)
    const ofAll = route.filters.map((filter) => make(filter, context, plugins))
    const ofRoute = filterChain(ofAll)
    const used = route.to.filter(({ weight }) => weight > 0)
    if (used.length === 0) return ofRoute === null ? null : [ofRoute]
    const chains = used.map(({ filters }) =>
      filters.length === 0 ? ofRoute : filterChain([...ofAll, ...filters.map((filter) => make(filter, context, plugins))]),
    )
    return chains.every((chain) => chain === null) ? null : chains
  }
}

/** Outlives the compile that it was made in: it keeps nothing of it. */
function contextOf({ denials, ...rest }: Omit<FilterEnvironment, 'plugins'>, route: string): FilterContext {
  return { ...rest, route, denials: (...of) => denials(route, ...of) }
}

function make({ type, options }: FilterConfig, context: FilterContext, plugins: PluginFilters): Filter {
  if (type === 'plugin') return plugins(options)
  const factory = FILTERS.get(type) as FilterFactory<FilterConfig['options']> | undefined
  if (factory === undefined) throw new Error(`there is no filter "${type}"`)
  return factory(options, context)
}

/** Whether some filter of the route needs to know by which prefix a request was matched. */
export function needsPrefix({ filters, to }: RouteConfig): boolean {
  return [...filters, ...to.flatMap((upstream) => upstream.filters)].some(
    ({ type, options }) => (type === 'rewrite' || type === 'redirect') && options.path?.type === 'prefix',
  )
}
