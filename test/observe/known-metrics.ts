// Which metrics and labels there are, for everything that asks for some: ours, those of our rules, and Prometheus' own.

import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { METRIC_PREFIX, METRICS, type MetricDefinition } from '../../src/telemetry/metrics.ts'
import { PROCESS_METRICS } from '../../src/telemetry/process-metrics.ts'
import { askedBy } from './promql.ts'

export interface Rule {
  readonly record?: string
  readonly alert?: string
  readonly expr: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

export const RULES_FILE = new URL('../../config/prometheus/headgate.rules.yml', import.meta.url)

export const rules: readonly Rule[] = (
  parse(readFileSync(RULES_FILE, 'utf8')) as { groups: { rules: Rule[] }[] }
).groups.flatMap((group) => group.rules)

/** What a scrape puts on everything. */
const SCRAPED = ['job', 'instance']

function known(): ReadonlyMap<string, ReadonlySet<string>> {
  const all = new Map<string, ReadonlySet<string>>([
    ['up', new Set(SCRAPED)],
    ['ALERTS', new Set([...SCRAPED, 'alertname', 'alertstate', 'severity', 'route', 'upstream'])],
  ])
  for (const [name, { type, labels }] of Object.entries(METRICS as Readonly<Record<string, MetricDefinition>>)) {
    const full = METRIC_PREFIX + name
    if (type !== 'histogram') all.set(full, new Set([...SCRAPED, ...labels]))
    else {
      for (const suffix of ['_sum', '_count']) all.set(full + suffix, new Set([...SCRAPED, ...labels]))
      all.set(`${full}_bucket`, new Set([...SCRAPED, ...labels, 'le']))
    }
  }
  for (const { name, labels } of PROCESS_METRICS) all.set(name, new Set([...SCRAPED, ...Object.keys(labels ?? {})]))
  for (const { record, expr } of rules) if (record !== undefined) all.set(record, new Set(askedBy(expr).grouped))
  return all
}

const KNOWN = known()

/** What a query asks for that nobody has; `named` are further labels, e.g. of a legend. */
export function unknownIn(query: string, named: readonly string[] = []): string[] {
  const { selected, grouped } = askedBy(query)
  const unknown: string[] = []
  const there = new Set<string>()
  for (const { metric, labels } of selected) {
    const has = KNOWN.get(metric)
    if (has === undefined) unknown.push(metric)
    for (const label of has ?? []) there.add(label)
    for (const label of labels) if (has !== undefined && !has.has(label)) unknown.push(`${metric}{${label}}`)
  }
  for (const label of [...grouped, ...named]) if (!there.has(label)) unknown.push(label)
  return unknown
}

/** The labels that the result of a query can have. */
export function labelsOf(query: string): ReadonlySet<string> {
  const { selected, grouped } = askedBy(query)
  if (/\bby\b/.test(query)) return new Set(grouped)
  return new Set(selected.flatMap(({ metric }) => [...(KNOWN.get(metric) ?? [])]))
}
