// What everything that talks to an API server is given: time, chance, a place to speak.

import type { Random } from '../model/clock.ts'
import { Alarm, type Deadlines } from '../model/deadlines.ts'

export interface KubernetesEnvironment {
  /** Turned by its owner; has the clock. */
  readonly deadlines: Deadlines
  readonly random: Random
  readonly log: (
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ) => void
}

/** Resolves after `ms`, or when `signal` aborts. */
export function pause(deadlines: Deadlines, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      deadlines.remove(alarm)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const alarm = new Alarm(end)
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', end)
    deadlines.arm(alarm, ms)
  })
}

/** Resolves when `running` has (null = nothing runs); what still runs after `ms` is aborted. */
export async function finishWithin(
  deadlines: Deadlines,
  ms: number,
  running: Promise<unknown> | null,
  aborted: AbortController,
): Promise<void> {
  const patience = new Alarm(() => aborted.abort())
  deadlines.arm(patience, ms)
  await running
  deadlines.remove(patience)
}
