// What probes by HTTP ask, and which answers are good.

export interface HttpProbeSettings {
  /** With its query. */
  readonly path: string
  /** What stands in Host; null = the address that is asked. */
  readonly host: string | null
  /** Statuses that are good, as ranges with both ends. */
  readonly expect: readonly (readonly [from: number, to: number])[]
}

/** '' = it is good. */
export function judgeStatus(status: number, expect: HttpProbeSettings['expect']): string {
  return expect.some(([from, to]) => status >= from && status <= to) ? '' : `status ${status}`
}
