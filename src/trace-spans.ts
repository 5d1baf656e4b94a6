// The wiring of traces: what the configuration says of them, and who talks to collectors.

import type { GatewayConfig } from './config/model.ts'
import type { StatsAggregator } from './telemetry/aggregate.ts'
import type { LogFunction } from './telemetry/log.ts'
import { Collectors } from './telemetry/tracing/collectors.ts'
import type { TracingSettings } from './telemetry/tracing/tracers.ts'

/** null = nobody traces. For a configuration whose secrets have been read. */
export function tracingOf({ tracing }: GatewayConfig): TracingSettings | null {
  if (tracing === null) return null
  const headers = Object.entries(tracing.otlp.headers).map(([name, value]) => [name, typeof value === 'string' ? value : ''])
  return { ...tracing, otlp: { ...tracing.otlp, headers: Object.fromEntries(headers) } }
}

/** `id` names the gateway. */
export function makeCollectors(id: string, stats: StatsAggregator, log: LogFunction): Collectors {
  return new Collectors({
    instance: id,
    dropped: (count) => stats.inc('spans_dropped_total', {}, count),
    said: (collector, error) => {
      if (error === null) log('info', 'the collector takes spans again', { collector })
      else log('warn', 'the collector does not take spans', { collector, error: error.message })
    },
  })
}
