// What the admin API is told about the gateway. Its `AdminState` has this shape; neither imports the other.

import { type RouteOrigins, withOrigins } from '../compile/route-origins.ts'
import type { GatewayConfig } from '../config/model.ts'
import type { Problem } from '../config/problem.ts'
import type { Explained, ExplainRequest } from '../model/explanation.ts'
import type { StatsAggregator } from '../telemetry/aggregate.ts'
import { KeptExposition } from '../telemetry/kept-exposition.ts'
import type { MetricName } from '../telemetry/metrics.ts'
import type { Control } from './control.ts'
import type { ReloadOutcome } from './reload.ts'

export interface AdminStateSettings {
  readonly control: Control
  /** What `/ready` waits for beside all that `control` does. */
  readonly awaited: () => readonly string[]
  readonly origins: () => RouteOrigins
  readonly stats: StatsAggregator
  /** Where the configuration comes from. */
  readonly source: string
  readonly reload: () => Promise<Pick<ReloadOutcome, 'result' | 'errors' | 'revision'>>
  readonly reloads: () => { readonly last: ReloadOutcome | null; readonly refused: ReloadOutcome | null }
  readonly stop: (reason: string) => void
}

export function adminState({ control, awaited, origins, stats, source, reload, reloads, stop }: AdminStateSettings) {
  const kept = new KeptExposition()
  return {
    live: () => true,
    ready() {
      const why = [...control.ready().why, ...awaited()]
      return { ready: why.length === 0, why }
    },
    metrics: (openMetrics: boolean) =>
      kept.get(openMetrics, async () => {
        await control.collect()
        return stats.exposition(openMetrics)
      }),
    config: () => ({ revision: control.inForce?.revision ?? '', source, config: shown(control.inForce?.config) }),
    async reload(): Promise<{ revision: string } | { errors: readonly Problem[] }> {
      const { result, errors, revision } = await reload()
      return result === 'refused' ? { errors } : { revision }
    },
    drain: () => stop('admin'),
    async explain(request: ExplainRequest): Promise<Explained> {
      const explained = await control.explain(request)
      return 'refused' in explained ? explained : { explanation: withOrigins(explained.explanation, origins()) }
    },
    upstreams: async () => ({ upstreams: await control.upstreams() }),
    routes() {
      const known = origins()
      const routes = control.inForce?.config.routes ?? []
      return { routes: routes.map((route) => ({ ...route, origin: known.of(route.name) })) }
    },
    served: () => servedBy(control),
    serving: () => control.serving(),
    reloads,
    collect: () => control.collect(false),
    series: (metric: MetricName) => stats.series(metric),
    takeSamples: (most: number) => control.takeSamples(most),
  }
}

function servedBy({ inForce, addresses }: Control) {
  const { listeners = [], routes = [] } = inForce?.config ?? {}
  // Addresses are known a moment later than what is in force when it starts.
  return { key: `${inForce?.revision ?? ''} ${addresses.length}`, listeners, routes, addresses }
}

/** Of plugins which version it is, not the text of it. */
function shown(config: GatewayConfig | undefined): object | null {
  if (config === undefined) return null
  const plugins = config.plugins.map(({ code, ...where }) => ({
    ...where,
    code: code && { name: code.name, digest: code.digest },
  }))
  return { ...config, plugins }
}
