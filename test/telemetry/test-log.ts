// An access log with a destination of its own, and a record for it.

import { ACCESS_LOG_FIELDS } from '../../src/config/access-log-schema.ts'
import type { AccessRecord, AttemptRecord } from '../../src/model/access-record.ts'
import type { Random } from '../../src/model/clock.ts'
import { AccessLog, type AccessLogOptions } from '../../src/telemetry/access-log.ts'
import { LogOutput } from '../../src/telemetry/log-output.ts'

export const attemptRecord: AttemptRecord = {
  endpoint: '127.0.0.1:1',
  outcome: 'ok',
  status: 200,
  durationMs: 1.23456,
  connectMs: null,
  ttfbMs: null,
  bytes: 20,
  reason: '',
  detail: '',
  startMs: 0,
  spanId: '',
}

export const record: AccessRecord = {
  time: 1_700_000_000_123,
  requestId: 'id-1',
  traceId: null,
  client: '127.0.0.1',
  clientPort: 0,
  listener: 'web',
  protocol: 'HTTP/1.1',
  method: 'GET',
  host: 'a.example',
  path: '/users?x=1',
  status: 200,
  reason: null,
  route: 'users',
  upstream: 'u',
  endpoint: '127.0.0.1:1',
  attempts: [attemptRecord],
  durationMs: 2.5,
  receivedMs: null,
  queueMs: null,
  ttfbMs: null,
  bytesIn: 10,
  bytesOut: 20,
  userAgent: 'curl/8',
  headers: null,
  grpcStatus: null,
  tls: null,
  decision: null,
}

export const options = (file: string): AccessLogOptions => ({
  file,
  format: 'json',
  sample: 1,
  slow: 1000,
  fields: ACCESS_LOG_FIELDS,
  decision: 0,
})

export class TestLog {
  readonly output: LogOutput
  readonly access: AccessLog

  constructor(options: AccessLogOptions, random: Random, failed: (error: Error) => void) {
    this.output = new LogOutput(options.file, failed)
    try {
      this.access = new AccessLog(options, this.output, random)
    } catch (error) {
      void this.output.close()
      throw error
    }
  }

  get dropped(): number {
    return this.output.counters.dropped
  }

  wants(status: number, durationMs: number, failed: boolean): boolean {
    return this.access.wants(status, durationMs, failed)
  }

  write(record: AccessRecord): void {
    this.access.write(record)
  }

  reopen(): void {
    this.output.reopen()
  }

  look(): Promise<void> {
    return new Promise((resolve) => this.output.look(resolve))
  }

  flushSync(): void {
    this.output.flushSync()
  }

  close(): Promise<void> {
    return this.output.close()
  }
}
