// A dashboard around panels: variables, links to the others, and a place for each panel, from left to right.

import {
  type Dashboard,
  DashboardCursorSync,
  type Panel,
  type RowPanel,
  VariableHide,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/schema'
import { DATASOURCE, type Placeless } from './panels.ts'

/** What Grafana 10.4 and later read; newer ones bring it up to date. */
const SCHEMA_VERSION = 39
const COLUMNS = 24
const TAG = 'headgate'

export interface Row {
  readonly title: string
  readonly panels: readonly Placeless[]
}

export interface Contents {
  readonly title: string
  readonly description: string
  /** Beside data source, job and instance. */
  readonly variables?: readonly VariableModel[]
  readonly rows: readonly Row[]
}

/** A variable with the values of a label; all of them unless the reader picks some. */
export function labelVariable(name: string, label: string, metric: string, multi = true): VariableModel {
  return {
    type: 'query',
    name,
    label,
    datasource: DATASOURCE,
    query: { query: `label_values(${metric}, ${name})`, refId: name },
    refresh: VariableRefresh.onTimeRangeChanged,
    sort: VariableSort.alphabeticalAsc,
    includeAll: multi,
    multi,
    ...(multi ? { allValue: '.*', current: { text: 'All', value: '$__all' } } : {}),
  }
}

const COMMON: readonly VariableModel[] = [
  {
    type: 'datasource',
    name: 'datasource',
    label: 'Prometheus',
    query: 'prometheus',
    refresh: VariableRefresh.onDashboardLoad,
    hide: VariableHide.dontHide,
  },
  labelVariable('job', 'Job', 'headgate_config_info'),
  labelVariable('instance', 'Instance', 'headgate_config_info{job=~"$job"}'),
]

function place(rows: readonly Row[]): (Panel | RowPanel)[] {
  const placed: (Panel | RowPanel)[] = []
  let y = 0
  for (const { title, panels } of rows) {
    placed.push({
      type: 'row',
      id: placed.length + 1,
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
    })
    y++
    let x = 0
    let tallest = 0
    for (const { size, ...panel } of panels) {
      if (x + size.w > COLUMNS) {
        x = 0
        y += tallest
        tallest = 0
      }
      placed.push({ ...panel, id: placed.length + 1, gridPos: { x, y, ...size } })
      x += size.w
      tallest = Math.max(tallest, size.h)
    }
    y += tallest
  }
  return placed
}

export function dashboard({ title, description, variables = [], rows }: Contents): Dashboard {
  return {
    title,
    description,
    tags: [TAG],
    editable: true,
    graphTooltip: DashboardCursorSync.Crosshair,
    schemaVersion: SCHEMA_VERSION,
    time: { from: 'now-3h', to: 'now' },
    refresh: '30s',
    timezone: 'browser',
    links: [
      {
        type: 'dashboards',
        title: 'Headgate',
        tags: [TAG],
        icon: 'external link',
        tooltip: '',
        asDropdown: false,
        includeVars: true,
        keepTime: true,
        targetBlank: false,
      },
    ],
    annotations: {
      list: [
        {
          name: 'Revisions',
          datasource: DATASOURCE,
          enable: true,
          iconColor: 'blue',
          // What a change of the configuration did is seen beside the change.
          target: {
            refId: 'Revisions',
            expr: `changes(headgate_config_last_success_timestamp_seconds{${HERE}}[1m]) > 0`,
          } as never,
        },
      ],
    },
    templating: { list: [...COMMON, ...variables] },
    panels: place(rows),
  }
}

/** What each query is narrowed to. */
export const HERE = 'job=~"$job",instance=~"$instance"'
