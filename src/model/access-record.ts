// What is known about one finished exchange, for logs.

import type { TlsFacts } from './tls-facts.ts'

export interface AttemptRecord {
  readonly endpoint: string
  readonly outcome: string
  readonly status: number
  readonly durationMs: number
  /** Why it failed, in words; '' = it did not, or there is no more to say. */
  readonly detail: string
}

/** Field names are those of the JSON access log. Absent facts are null. */
export interface AccessRecord {
  time: number
  requestId: string
  client: string
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
  bytesIn: number
  bytesOut: number
  userAgent: string | null
  /** null = it was not gRPC, or no status was said. */
  grpcStatus: number | null
  /** null = cleartext. */
  tls: TlsFacts | null
}

/** Told about every finished exchange; must not throw and must not block. */
export interface AccessSink {
  /** Called before a record is made, so that what is not kept costs nothing. */
  wants(status: number, durationMs: number, failed: boolean): boolean
  write(record: AccessRecord): void
}

/** Whoever looks on for a while, at all listeners of a process: they share one of these. */
export interface Onlooker {
  /** null = nobody looks. */
  sink: AccessSink | null
}

/** For exchanges that nobody is to see. Never changed. */
export const NO_ONLOOKER: Readonly<Onlooker> = { sink: null }
