// What somebody who watches is shown of finished requests: a few of them, as plain data that travels between processes.

import type { AttemptRecord } from './access-record.ts'
import type { Decision } from './decision.ts'

/** Texts are those of the access log, shortened; absent facts are null. */
export interface RequestSample {
  /** When it began, milliseconds since the epoch. */
  readonly time: number
  readonly requestId: string
  readonly client: string
  readonly listener: string
  readonly protocol: string
  readonly method: string
  readonly host: string
  /** With the names of the query's parameters, without their values. */
  readonly path: string
  readonly status: number
  readonly reason: string | null
  readonly route: string | null
  readonly upstream: string | null
  readonly endpoint: string | null
  /** Of many, the last ones. */
  readonly attempts: readonly AttemptRecord[]
  readonly durationMs: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** It was answered with 5xx, refused by the gateway or cut. */
  readonly failed: boolean
  /** Why it went where it went, as `explain` says it; null = that was not recorded for it. */
  readonly decision: Decision | null
}

export interface SampleBatch {
  /** Of how many requests these are. */
  readonly seen: number
  /** In the order in which they ended in each process. */
  readonly samples: readonly RequestSample[]
}
