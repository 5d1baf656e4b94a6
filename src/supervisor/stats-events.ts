// Counts what planes tell.

import type { Clock } from '../model/clock.ts'
import type { StatsAggregator } from '../telemetry/aggregate.ts'
import { WorstLately } from '../telemetry/worst-lately.ts'
import type { PlaneEvents } from './plane.ts'

export function statsEvents(stats: StatsAggregator, clock: Clock): PlaneEvents {
  const lags = new Map<number, WorstLately>()
  return {
    report: (worker, report) => stats.add(report, worker),
    lag(worker, seconds) {
      const lag = lags.get(worker) ?? new WorstLately()
      lags.set(worker, lag)
      stats.set('worker_event_loop_lag_seconds', { worker: String(worker) }, lag.take(seconds, clock.now()))
    },
    process(worker, { cpuSeconds, residentBytes }) {
      stats.inc('worker_cpu_seconds_total', {}, cpuSeconds)
      stats.set('worker_resident_memory_bytes', { worker: String(worker) }, residentBytes)
    },
    gone(worker) {
      lags.delete(worker)
      stats.removeWorker(worker)
    },
    restarted: () => stats.inc('worker_restarts_total', {}),
  }
}
