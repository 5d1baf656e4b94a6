// Writes docs/reference/metrics.md from src/telemetry/metrics.ts. Run: node scripts/generate-metrics.ts

import { writeFileSync } from 'node:fs'
import { DURATION_BUCKETS } from '../src/model/counters.ts'
import { METRIC_PREFIX, METRICS, type MetricDefinition } from '../src/telemetry/metrics.ts'
import { PROCESS_METRICS } from '../src/telemetry/process-metrics.ts'

export const METRICS_PAGE = new URL('../docs/reference/metrics.md', import.meta.url)

function row(name: string, { type, help, labels }: Pick<MetricDefinition, 'type' | 'help' | 'labels'>): string {
  return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(' ')} | ${help} |`
}

export function metricsPage(): string {
  const definitions = Object.entries(METRICS as Readonly<Record<string, MetricDefinition>>)
  const own = definitions.map(([name, definition]) => row(METRIC_PREFIX + name, definition))
  const values = definitions.flatMap(([name, { values = {} }]) =>
    Object.entries(values).map(
      ([label, all]) => `- \`${label}\` of \`${METRIC_PREFIX}${name}\`: ${all.map((value) => `\`${value}\``).join(', ')}`,
    ),
  )
  const process = PROCESS_METRICS.map(({ name, type, help, labels = {} }) =>
    row(name, { type, help, labels: Object.keys(labels) }),
  )
  return `# Metrics

<!-- Made by scripts/generate-metrics.ts from src/telemetry/metrics.ts. -->

\`GET /metrics\` of the admin API has these, summed over all workers. Counters never go backwards while the gateway runs: what a
worker counted stays when it is replaced.

| Name | Type | Labels | Meaning |
| --- | --- | --- | --- |
${own.join('\n')}

Label values come from the configuration and from the tables below, never from what a client sent. \`code\` is the status,
\`endpoint\` the address as it is written, \`reason\` a word of [reasons](reasons.md). A label that has no value (a request without
an upstream) is empty.

${values.join('\n')}

Buckets of the histograms, in seconds: ${DURATION_BUCKETS.join(', ')}.

Of the supervisor, read when it is scraped:

| Name | Type | Labels | Meaning |
| --- | --- | --- | --- |
${process.join('\n')}
`
}

if (import.meta.main) writeFileSync(METRICS_PAGE, metricsPage())
