import t from 'tap'
import { statsEvents } from '../../src/supervisor/stats-events.ts'
import { StatsAggregator } from '../../src/telemetry/aggregate.ts'

t.test('what processes take: CPU of all together, memory and lag of each, as long as it lives', async (t) => {
  const stats = new StatsAggregator()
  let now = 0
  const events = statsEvents(stats, { now: () => now, wall: () => now })
  const lines = async () => (await stats.exposition(false)).text.split('\n').filter((line) => /^headgate_worker_/.test(line))
  events.process(1, { cpuSeconds: 1.5, residentBytes: 100 })
  events.process(2, { cpuSeconds: 0.5, residentBytes: 200 })
  events.lag(1, 0.3)
  now = 1000
  events.lag(1, 0)
  events.lag(2, 0.1)
  t.strictSame(await lines(), [
    'headgate_worker_restarts_total 0',
    'headgate_worker_event_loop_lag_seconds{worker="1"} 0.3',
    'headgate_worker_event_loop_lag_seconds{worker="2"} 0.1',
    'headgate_worker_resident_memory_bytes{worker="1"} 100',
    'headgate_worker_resident_memory_bytes{worker="2"} 200',
    'headgate_worker_cpu_seconds_total 2',
  ])
  events.gone(1)
  events.restarted()
  events.process(3, { cpuSeconds: 0.25, residentBytes: 300 })
  t.strictSame(await lines(), [
    'headgate_worker_restarts_total 1',
    'headgate_worker_event_loop_lag_seconds{worker="2"} 0.1',
    'headgate_worker_resident_memory_bytes{worker="2"} 200',
    'headgate_worker_resident_memory_bytes{worker="3"} 300',
    'headgate_worker_cpu_seconds_total 2.25',
  ])
})
