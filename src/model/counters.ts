// Plain number fields that the data plane increments. Telemetry reads them; nothing here knows about exposition.

/** Upper bounds in seconds of the duration histograms; the last bucket is +Inf. */
export const DURATION_BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
] as const

/** A histogram of durations: counts per bucket (not cumulative), the sum in milliseconds. */
export class Histogram {
  readonly counts = new Array<number>(DURATION_BUCKETS.length + 1).fill(0)
  sumMs = 0

  observe(ms: number): void {
    const seconds = ms / 1000
    let i = 0
    while (i < DURATION_BUCKETS.length && seconds > (DURATION_BUCKETS[i] as number)) i++
    this.counts[i] = (this.counts[i] as number) + 1
    this.sumMs += ms
  }
}

/** Attempts on one endpoint by outcome (the metric's label values are the keys in kebab-case). */
export interface EndpointCounters {
  ok: number
  connectFailure: number
  connectTimeout: number
  reset: number
  timeout: number
  protocol: number
  cancelled: number
}

export function newEndpointCounters(): EndpointCounters {
  return { ok: 0, connectFailure: 0, connectTimeout: 0, reset: 0, timeout: 0, protocol: 0, cancelled: 0 }
}

/** Of one upstream. */
export class UpstreamCounters {
  inFlight = 0
  readonly attemptDuration = new Histogram()
  /** Open connections to its endpoints by state. */
  connectionsActive = 0
  connectionsIdle = 0
  /** Waiting for a connection or a request slot. */
  pending = 0
  /** Retries by `reason result`, e.g. `connect-failure ok`. */
  readonly retries = new Map<string, number>()
  /** Copies of requests that were not sent to it, by reason. */
  readonly droppedCopies = new Map<string, number>()
  /** Endpoints that were left out, by reason. */
  readonly ejections = new Map<string, number>()
}

/** Of one listener. */
export class ListenerCounters {
  connections = 0
  connectionsTotal = 0
  bytesIn = 0
  bytesOut = 0
  /** Requests refused before or without a route, by reason. */
  readonly rejected = new Map<string, number>()
}

/** What a filter of one route has denied, or would have. */
export interface DenialCounter {
  readonly route: string
  readonly filter: string
  readonly mode: 'enforce' | 'observe'
  count: number
}

/** Of one plugin, over all its uses. */
export class PluginCounters {
  errors = 0
  /** Calls that took longer than their budget and could not be interrupted. */
  overBudget = 0
  /** Of calls of its hooks. */
  readonly duration = new Histogram()
}

/** Responses of one (listener, route, upstream) by status; a plain map because few statuses are ever seen. */
export class ResponseCounters {
  readonly listener: string
  readonly route: string
  readonly upstream: string
  readonly byStatus = new Map<number, number>()
  /** The status counted last and its count, so that the usual case is one comparison and one increment. */
  status = 200
  count = 0

  constructor(listener: string, route: string, upstream: string) {
    this.listener = listener
    this.route = route
    this.upstream = upstream
  }

  add(status: number): void {
    if (status === this.status) {
      this.count++
      return
    }
    this.flush()
    this.status = status
    this.count = 1
  }

  /** Brings `byStatus` up to date; call before reading it. */
  flush(): void {
    if (this.count > 0) this.byStatus.set(this.status, (this.byStatus.get(this.status) ?? 0) + this.count)
    this.count = 0
  }
}
