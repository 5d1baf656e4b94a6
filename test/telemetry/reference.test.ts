import { readFileSync } from 'node:fs'
import t from 'tap'
import { METRICS_PAGE, metricsPage } from '../../scripts/generate-metrics.ts'
import { REASONS_PAGE, reasonsPage } from '../../scripts/generate-reasons.ts'
import { METRICS, type MetricDefinition } from '../../src/telemetry/metrics.ts'

t.test('the reference pages are current', async (t) => {
  t.equal(readFileSync(REASONS_PAGE, 'utf8'), reasonsPage(), 'run node scripts/generate-reasons.ts')
  t.equal(readFileSync(METRICS_PAGE, 'utf8'), metricsPage(), 'run node scripts/generate-metrics.ts')
})

t.test('names follow the conventions of Prometheus', async (t) => {
  for (const [name, definition] of Object.entries(METRICS as Readonly<Record<string, MetricDefinition>>)) {
    t.match(name, /^[a-z][a-z_]*[a-z]$/)
    t.equal(name.endsWith('_total'), definition.type === 'counter', name)
    t.match(definition.help, /^[^"\\|]+\.$/, `help of ${name}`)
    for (const label of Object.keys(definition.values ?? {})) t.ok(definition.labels.includes(label), `${label} of ${name}`)
  }
})
