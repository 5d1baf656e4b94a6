// The wiring of traces: what the configuration says of them.

import type { GatewayConfig } from './config/model.ts'
import type { TracingSettings } from './telemetry/tracing/tracers.ts'

/** null = nobody traces. For a configuration whose secrets have been read. */
export function tracingOf({ tracing }: GatewayConfig): TracingSettings | null {
  if (tracing === null) return null
  const headers = Object.entries(tracing.otlp.headers).map(([name, value]) => [name, typeof value === 'string' ? value : ''])
  return { ...tracing, otlp: { ...tracing.otlp, headers: Object.fromEntries(headers) } }
}
