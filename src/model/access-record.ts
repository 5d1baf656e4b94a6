// What is known about one finished exchange, for logs, traces and whoever looks on.

import type { Decision } from './decision.ts'
import type { TlsFacts } from './tls-facts.ts'

/** One try. Times are milliseconds; null = not measured, or it never came to that. */
export interface AttemptRecord {
  readonly endpoint: string
  readonly outcome: string
  /** Of the answer; 0 = none came. */
  readonly status: number
  readonly durationMs: number
  /** Until there was a connection that took the request: nearly nothing on one that was open. */
  readonly connectMs: number | null
  /** From then until the head of the answer. */
  readonly ttfbMs: number | null
  /** Of the answer's body, as they came from the endpoint. */
  readonly bytes: number
  /** Why it was made, by the words of the metric of retries; '' = it was the first. */
  readonly reason: string
  /** Why it failed, in words; '' = it did not, or there is no more to say. */
  readonly detail: string
  /** When it began, since the exchange did. */
  readonly startMs: number
  /** Of its span; '' = it has none. */
  readonly spanId: string
}

/** Field names are those of the JSON access log. Absent facts are null. */
export interface AccessRecord {
  /** When the head of the request was there, milliseconds since the epoch. */
  time: number
  requestId: string
  /** null = it belongs to no trace that is known here. */
  traceId: string | null
  client: string
  /** 0 = not known. */
  clientPort: number
  listener: string
  protocol: string
  method: string
  host: string
  path: string
  status: number
  reason: string | null
  route: string | null
  upstream: string | null
  endpoint: string | null
  attempts: readonly AttemptRecord[]
  durationMs: number
  /** Phases of it, in milliseconds; null = not measured, or it never came to that. */
  receivedMs: number | null
  queueMs: number | null
  ttfbMs: number | null
  bytesIn: number
  bytesOut: number
  userAgent: string | null
  /** Fields of the request that were asked for, by name in lower case. */
  headers: Readonly<Record<string, string | null>> | null
  /** null = it was not gRPC, or no status was said. */
  grpcStatus: number | null
  /** null = cleartext. */
  tls: TlsFacts | null
  /** null = it was not asked for. */
  decision: Decision | null
}

/** Told about every finished exchange; must not throw and must not block. */
export interface AccessSink {
  /** Phases are to be measured; looked at when an exchange begins. */
  readonly phases: boolean
  /** Fields of the request that records are to hold, by name in lower case. */
  readonly headers: readonly string[]
  /** Called before a record is made, so that what is not kept costs nothing. */
  wants(status: number, durationMs: number, failed: boolean): boolean
  /** Whether the record of what it wants is to hold why things went as they did. */
  wantsDecision(failed: boolean): boolean
  /** The record is the sink's from then on. */
  write(record: AccessRecord): void
}

/** Whoever looks on for a while, at all listeners of a process: they share one of these. */
export interface Onlooker {
  /** null = nobody looks. */
  sink: AccessSink | null
}

/** For exchanges that nobody is to see. Never changed. */
export const NO_ONLOOKER: Readonly<Onlooker> = { sink: null }
