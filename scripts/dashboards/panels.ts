// Panels of the dashboards: what they ask, in which unit, and how it looks. Types are Grafana's own, and so is what they check.

import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  type DataQuery,
  type DataSourceRef,
  FieldColorModeId,
  GraphDrawStyle,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  MappingType,
  type Panel,
  PercentChangeColorMode,
  SortOrder,
  StackingMode,
  TableCellHeight,
  type Threshold,
  type ThresholdsConfig,
  ThresholdsMode,
  TooltipDisplayMode,
  type ValueMapping,
  VisibilityMode,
  VizOrientation,
} from '@grafana/schema'
import type { Options as StatOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen'
import type {
  FieldConfig as TimelineField,
  Options as TimelineOptions,
} from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen'
import type { Options as TableOptions } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen'
import type {
  FieldConfig as SeriesField,
  Options as SeriesOptions,
} from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen'

/** Whatever Prometheus the reader picks. */
export const DATASOURCE: DataSourceRef = { type: 'prometheus', uid: '$' + '{datasource}' }

/** A query as Grafana's Prometheus data source takes it. */
interface PrometheusQuery extends DataQuery {
  readonly expr: string
  readonly legendFormat?: string
  readonly instant: boolean
  readonly range: boolean
  readonly format: 'time_series' | 'table'
}

/** An expression, and what its series are called: `{{label}}` stands for a label's value. */
export type Query = readonly [expr: string, legend: string]

/** Colours from a value on; green below. */
export type Steps = readonly (readonly [from: number, colour: 'green' | 'orange' | 'red'])[]

/** Words and colours for values. */
export type Words = Readonly<Record<string, readonly [text: string, colour: string]>>

export interface Look {
  /** In columns of 24, and rows of about 30 pixels. */
  readonly width?: number
  readonly height?: number
  readonly steps?: Steps
  readonly words?: Words
  readonly stacked?: true
  /** Where a number of its own says it all: the largest value of the axis. */
  readonly max?: number
}

/** A panel that has no place yet. */
export type Placeless = Omit<Panel, 'id' | 'gridPos'> & { readonly size: { readonly w: number; readonly h: number } }

function targets(queries: readonly Query[], kind: 'range' | 'instant' | 'table'): PrometheusQuery[] {
  return queries.map(([expr, legendFormat], index) => ({
    refId: String.fromCharCode(65 + index),
    datasource: DATASOURCE,
    expr,
    legendFormat,
    instant: kind !== 'range',
    range: kind === 'range',
    format: kind === 'table' ? 'table' : 'time_series',
  }))
}

function thresholds(steps: Steps): ThresholdsConfig {
  const all: Threshold[] = [{ value: null as unknown as number, color: 'green' }]
  for (const [value, color] of steps) all.push({ value, color })
  return { mode: ThresholdsMode.Absolute, steps: all }
}

function mappings(words: Words): ValueMapping[] {
  const options = Object.fromEntries(
    Object.entries(words).map(([value, [text, color]], index) => [value, { text, color, index }]),
  )
  return [{ type: MappingType.ValueToText, options }]
}

const typed = (target: PrometheusQuery[]): Record<string, unknown>[] => target as unknown as Record<string, unknown>[]

/** One number. */
export function stat(title: string, description: string, unit: string, expr: string, look: Look = {}): Placeless {
  const { steps = [], words = {} } = look
  const options: StatOptions = {
    colorMode: steps.length > 0 || look.words ? BigValueColorMode.Background : BigValueColorMode.None,
    graphMode: BigValueGraphMode.Area,
    justifyMode: BigValueJustifyMode.Auto,
    orientation: VizOrientation.Auto,
    percentChangeColorMode: PercentChangeColorMode.Standard,
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    showPercentChange: false,
    textMode: BigValueTextMode.Auto,
    wideLayout: true,
  }
  return {
    type: 'stat',
    title,
    description,
    datasource: DATASOURCE,
    targets: typed(targets([[expr, '']], 'range')),
    fieldConfig: { defaults: { unit, thresholds: thresholds(steps), mappings: mappings(words), noValue: '-' }, overrides: [] },
    options: { ...options },
    size: { w: look.width ?? 4, h: look.height ?? 4 },
  }
}

/** Lines over time. */
export function series(
  title: string,
  description: string,
  unit: string,
  queries: readonly Query[],
  look: Look = {},
): Placeless {
  const custom: SeriesField = {
    drawStyle: GraphDrawStyle.Line,
    fillOpacity: look.stacked ? 30 : 5,
    lineWidth: 1,
    showPoints: VisibilityMode.Never,
    stacking: { mode: look.stacked ? StackingMode.Normal : StackingMode.None, group: 'A' },
    thresholdsStyle: { mode: look.steps ? GraphThresholdsStyleMode.Dashed : GraphThresholdsStyleMode.Off },
  }
  const options: SeriesOptions = {
    legend: { calcs: ['lastNotNull', 'max'], displayMode: LegendDisplayMode.Table, placement: 'bottom', showLegend: true },
    tooltip: { mode: TooltipDisplayMode.Multi, sort: SortOrder.Descending },
  }
  return {
    type: 'timeseries',
    title,
    description,
    datasource: DATASOURCE,
    targets: typed(targets(queries, 'range')),
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        ...(look.max === undefined ? {} : { max: look.max }),
        color: { mode: FieldColorModeId.PaletteClassic },
        thresholds: thresholds(look.steps ?? []),
        custom: { ...custom },
      },
      overrides: [],
    },
    options: { ...options },
    size: { w: look.width ?? 12, h: look.height ?? 8 },
  }
}

/** Which state something was in, and when. */
export function timeline(title: string, description: string, query: Query, words: Words, look: Look = {}): Placeless {
  const custom: TimelineField = { fillOpacity: 80, lineWidth: 0 }
  const options: TimelineOptions = {
    legend: { calcs: [], displayMode: LegendDisplayMode.List, placement: 'bottom', showLegend: true },
    mergeValues: true,
    rowHeight: 0.9,
    showValue: VisibilityMode.Never,
    tooltip: { mode: TooltipDisplayMode.Single, sort: SortOrder.None },
  }
  return {
    type: 'state-timeline',
    title,
    description,
    datasource: DATASOURCE,
    targets: typed(targets([query], 'range')),
    fieldConfig: {
      defaults: { unit: 'none', mappings: mappings(words), thresholds: thresholds([]), custom: { ...custom } },
      overrides: [],
    },
    options: { ...options },
    size: { w: look.width ?? 12, h: look.height ?? 8 },
  }
}

/** Rows of labels with one value each; `columns` says what labels are called, in their order. */
export function table(
  title: string,
  description: string,
  unit: string,
  expr: string,
  columns: Readonly<Record<string, string>>,
  look: Look = {},
): Placeless {
  const names = Object.keys(columns)
  const options: TableOptions = { cellHeight: TableCellHeight.Sm, frameIndex: 0, showHeader: true }
  const colours = look.steps || look.words
  return {
    type: 'table',
    title,
    description,
    datasource: DATASOURCE,
    targets: typed(targets([[expr, '']], 'table')),
    transformations: [
      {
        id: 'organize',
        options: {
          excludeByName: { Time: true },
          indexByName: Object.fromEntries([...names, 'Value'].map((name, index) => [name, index])),
          renameByName: columns,
        },
      },
    ],
    fieldConfig: {
      defaults: { custom: { align: 'auto', inspect: false } },
      overrides: [
        {
          matcher: { id: 'byName', options: columns.Value ?? 'Value' },
          properties: [
            { id: 'unit', value: unit },
            { id: 'thresholds', value: thresholds(look.steps ?? []) },
            { id: 'mappings', value: mappings(look.words ?? {}) },
            ...(colours ? [{ id: 'custom.cellOptions', value: { type: 'color-background', mode: 'basic' } }] : []),
          ],
        },
      ],
    },
    options: { ...options },
    size: { w: look.width ?? 12, h: look.height ?? 8 },
  }
}
