// The one table of the gateway's metrics. Names are written without the prefix; docs/reference/metrics.md is made from it.

export const METRIC_PREFIX = 'headgate_'

/** One family of series. */
export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** Label names in the order of exposition. */
  readonly labels: readonly string[]
  /** The values of labels that have a fixed set; a counter whose every label has one starts at 0. */
  readonly values?: Readonly<Record<string, readonly string[]>>
  /** Only the series that was set last is kept. */
  readonly single?: true
  /** How what several workers say of a gauge becomes one; added up where nothing is said. */
  readonly combine?: 'max' | 'min'
}

export const OUTCOMES = ['ok', 'connect-failure', 'connect-timeout', 'reset', 'timeout', 'protocol', 'cancelled'] as const

export const METRICS = {
  requests_total: {
    type: 'counter',
    help: 'Answered requests, by the status that the client got; route and upstream are empty where there was none. Connections without HTTP have no code.',
    labels: ['listener', 'route', 'upstream', 'code'],
  },
  request_duration_seconds: {
    type: 'histogram',
    help: 'From the first byte of a request to the last byte of its response.',
    labels: ['route'],
  },
  requests_in_flight: { type: 'gauge', help: 'Requests that are running on an upstream now.', labels: ['upstream'] },
  requests_pending: {
    type: 'gauge',
    help: 'Requests that wait for a connection or a request slot of an upstream.',
    labels: ['upstream'],
  },
  attempts_total: {
    type: 'counter',
    help: 'Tries at one endpoint, by how they ended.',
    labels: ['upstream', 'endpoint', 'outcome'],
    values: { outcome: OUTCOMES },
  },
  attempt_duration_seconds: {
    type: 'histogram',
    help: 'From the start of a try at an endpoint to its outcome.',
    labels: ['upstream'],
  },
  retries_total: {
    type: 'counter',
    help: 'Further tries after a failed one, by why and with what result.',
    labels: ['upstream', 'reason', 'result'],
    values: { result: ['ok', 'failed', 'budget'] },
  },
  mirror_dropped_total: {
    type: 'counter',
    help: 'Copies of requests that were not sent to the upstream that mirrors them, by why.',
    labels: ['upstream', 'reason'],
  },
  ejections_total: {
    type: 'counter',
    help: 'Endpoints that a worker left out for a while because of how attempts on them ended.',
    labels: ['upstream', 'reason'],
    values: { reason: ['connect-failure', 'reset', 'consecutive-errors', 'error-percent', 'latency'] },
  },
  endpoint_up: {
    type: 'gauge',
    help: '1 while every worker may pick the endpoint, 0 while one leaves it out.',
    labels: ['upstream', 'endpoint'],
    combine: 'min',
  },
  health_checks_total: {
    type: 'counter',
    help: 'Probes of active health checks, by how they ended.',
    labels: ['upstream', 'result'],
    values: { result: ['ok', 'failed'] },
  },
  upstream_limit: {
    type: 'gauge',
    help: 'Requests that may run on an upstream at a time by its adaptive limit.',
    labels: ['upstream'],
  },
  breaker_state: {
    type: 'gauge',
    help: 'Circuit breaker of an upstream: 0 closed, 1 half open, 2 open; the worst of the workers.',
    labels: ['upstream'],
    combine: 'max',
  },
  panic: {
    type: 'gauge',
    help: '1 while health is ignored because too few endpoints are healthy.',
    labels: ['upstream'],
    combine: 'max',
  },
  rejected_total: {
    type: 'counter',
    help: 'What the gateway answered or refused by itself, by reason: requests, which are in requests_total too, connections and handshakes.',
    labels: ['listener', 'reason'],
  },
  filter_denials_total: {
    type: 'counter',
    help: 'Requests that a filter denied; mode observe: that it would have denied.',
    labels: ['route', 'filter', 'mode'],
    values: { mode: ['enforce', 'observe'] },
  },
  overload: {
    type: 'gauge',
    help: 'What the worst worker refuses to protect itself: 0 nothing, 1 all of low priority, 2 of normal too, 3 everything; between: a part.',
    labels: [],
    combine: 'max',
  },
  connections: { type: 'gauge', help: 'Client connections that are open now.', labels: ['listener'] },
  connections_total: { type: 'counter', help: 'Client connections that were accepted.', labels: ['listener'] },
  upstream_connections: {
    type: 'gauge',
    help: 'Open connections to the endpoints of an upstream, by what they do.',
    labels: ['upstream', 'state'],
    values: { state: ['active', 'idle'] },
  },
  bytes_total: {
    type: 'counter',
    help: 'Bytes from (in) and to (out) clients.',
    labels: ['listener', 'direction'],
    values: { direction: ['in', 'out'] },
  },
  plugin_errors_total: {
    type: 'counter',
    help: 'Mistakes of plugins: what a hook threw, promises that failed or took longer than the budget.',
    labels: ['plugin'],
  },
  plugin_over_budget_total: {
    type: 'counter',
    help: 'Calls of hooks that took longer than their budget and could not be interrupted.',
    labels: ['plugin'],
  },
  plugin_duration_seconds: { type: 'histogram', help: 'How long one call of a hook took.', labels: ['plugin'] },
  config_reloads_total: {
    type: 'counter',
    help: 'Configurations that were read, by what became of them.',
    labels: ['result'],
    values: { result: ['applied', 'unchanged', 'refused'] },
  },
  config_refused: {
    type: 'gauge',
    help: '1 while the configuration that was read last is refused and an older one is in force.',
    labels: [],
  },
  config_info: { type: 'gauge', help: '1 for the revision in force.', labels: ['revision'], single: true },
  config_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When a configuration was applied last, in seconds since the epoch.',
    labels: [],
  },
  certificate_expiry_timestamp_seconds: {
    type: 'gauge',
    help: 'When a certificate of a listener or upstream expires, in seconds since the epoch.',
    labels: ['certificate'],
  },
  discovery_age_seconds: {
    type: 'gauge',
    help: 'Since the last good answer of a discovery; before the first one since it began. By Kubernetes: since the last sign of life of its watch.',
    labels: ['upstream'],
  },
  kubernetes_watch_age_seconds: {
    type: 'gauge',
    help: 'Since the last sign that what is known of a kind of Kubernetes objects is so; about once a minute there is one when nothing changes.',
    labels: ['kind'],
  },
  leader: {
    type: 'gauge',
    help: '1 while this replica writes the statuses of Kubernetes objects and Events about them, 0 while another one does or nobody.',
    labels: [],
  },
  objects_refused: {
    type: 'gauge',
    help: 'Kubernetes objects of which something cannot be honoured now, by the reason: their log lines, Events and statuses say what.',
    labels: ['kind', 'reason'],
  },
  discovery_lookups_total: {
    type: 'counter',
    help: 'How often a discovery asked, by what came of it; what failed leaves the last good endpoints in force.',
    labels: ['upstream', 'result'],
    values: { result: ['ok', 'partial', 'failed'] },
  },
  worker_restarts_total: { type: 'counter', help: 'Workers that were replaced because they ended.', labels: [] },
  worker_event_loop_lag_seconds: {
    type: 'gauge',
    help: 'How late the event loop of a worker ran a timer, at worst, in the last 30 to 60 seconds.',
    labels: ['worker'],
  },
  worker_resident_memory_bytes: {
    type: 'gauge',
    help: 'Resident memory of a worker process; without worker processes see process_resident_memory_bytes.',
    labels: ['worker'],
  },
  worker_cpu_seconds_total: {
    type: 'counter',
    help: 'User and system CPU time of all worker processes; without any see process_cpu_seconds_total.',
    labels: [],
  },
  access_log_dropped_total: {
    type: 'counter',
    help: 'Access log lines that were dropped because they could not be written in time.',
    labels: [],
  },
  spans_dropped_total: {
    type: 'counter',
    help: 'Spans that were dropped because too many waited or the collector did not take them.',
    labels: [],
  },
} as const satisfies Record<string, MetricDefinition>

export type MetricName = keyof typeof METRICS

/** Whether a name that came from elsewhere (a report) is one of the table. */
export function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(METRICS, name)
}
