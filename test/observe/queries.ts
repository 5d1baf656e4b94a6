// The queries of a dashboard, as they stand in it and as Prometheus gets them.

import type { Dashboard, Panel } from '@grafana/schema'

export interface PanelQuery {
  readonly panel: string
  readonly expr: string
  /** Labels that the legend names. */
  readonly legend: readonly string[]
  /** Labels that a table has columns for. */
  readonly columns: readonly string[]
}

export function panelsOf(dashboard: Dashboard): readonly Panel[] {
  return (dashboard.panels ?? []).filter((panel): panel is Panel => panel.type !== 'row')
}

/** Of all panels, and of the annotations. */
export function queriesOf(dashboard: Dashboard): readonly PanelQuery[] {
  const found = panelsOf(dashboard).flatMap(({ title = '', targets = [], transformations = [] }) =>
    targets.map((target) => {
      const { expr, legendFormat } = target as { expr: string; legendFormat: string }
      const renamed = transformations.flatMap(({ options }) => Object.keys((options as { renameByName: object }).renameByName))
      return {
        panel: title,
        expr,
        legend: [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label),
        columns: renamed.filter((column) => column !== 'Value'),
      }
    }),
  )
  const annotations = (dashboard.annotations?.list ?? []).map(({ name, target }) => ({
    panel: name,
    expr: (target as unknown as { expr: string }).expr,
    legend: [],
    columns: [],
  }))
  return [...found, ...annotations]
}

/** As Grafana sends it, with everything chosen. */
export function withoutVariables(expr: string): string {
  return expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$\w+/g, '.*')
}
