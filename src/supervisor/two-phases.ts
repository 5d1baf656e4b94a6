// A new configuration for all workers: first each prepares (compiles, binds), and only when none refused each commits.

import { type ConfigChange, changeOf } from '../config/change.ts'
import type { GatewayConfig } from '../config/model.ts'
import type { EndpointSets } from '../model/discovery.ts'
import type { LogFunction } from '../telemetry/log.ts'
import { BASE_LOST, type NextConfig } from './messages.ts'
import type { ListenerAddress } from './plane.ts'
import { WorkerLost, type WorkerProcess, WorkerRefusal } from './worker-process.ts'

const PREPARE_TIMEOUT_MS = 30_000
const COMMIT_TIMEOUT_MS = 10_000
const DISCARD_TIMEOUT_MS = 10_000

export interface Step {
  readonly config: GatewayConfig
  readonly revision: string
  readonly sets: EndpointSets
  /** What the workers serve now. */
  readonly base: { readonly config: GatewayConfig; readonly revision: string }
}

/**
 * A worker that ends or falls silent meanwhile does not stop the others: it is ended, and its replacement starts with the
 * configuration that came out. Throws the first refusal, or a WorkerLost when no worker survived; nothing has changed then.
 */
export async function applyInTwoPhases(
  workers: readonly WorkerProcess[],
  step: Step,
  log: LogFunction,
): Promise<readonly ListenerAddress[]> {
  const { config, revision } = step
  const change = changeOf(step.base.config, config)
  const prepared = await Promise.allSettled(workers.map((worker) => prepare(worker, step, change)))
  const able: WorkerProcess[] = []
  let refusal: unknown
  let lost: unknown
  prepared.forEach((outcome, i) => {
    const worker = workers[i] as WorkerProcess
    if (outcome.status === 'fulfilled') able.push(worker)
    else if (!(outcome.reason instanceof WorkerLost)) refusal ??= outcome.reason
    else {
      lost ??= outcome.reason
      dismiss(worker, outcome.reason, log)
    }
  })
  if (refusal !== undefined || able.length === 0) {
    await discard(workers, revision)
    throw refusal ?? lost
  }
  const committed = await Promise.allSettled(
    able.map((worker) => {
      worker.told.serves(config, revision)
      return worker.ask({ type: 'commit', revision }, COMMIT_TIMEOUT_MS)
    }),
  )
  let addresses: readonly ListenerAddress[] = []
  committed.forEach((outcome, i) => {
    if (outcome.status === 'fulfilled') addresses = outcome.value
    // It may serve the old configuration, which is no longer in force.
    else dismiss(able[i] as WorkerProcess, outcome.reason, log)
  })
  return addresses
}

/** Tells what is new to the worker, or all of it when that does not help it. */
async function prepare(worker: WorkerProcess, { config, revision, sets, base }: Step, change: ConfigChange): Promise<void> {
  const ask = (next: NextConfig) => {
    worker.told.told(next.sets)
    return worker.ask({ type: 'prepare', next, revision }, PREPARE_TIMEOUT_MS)
  }
  if (worker.told.has(base.revision)) {
    try {
      await ask({ base: base.revision, change, sets: worker.told.untold(sets) })
      return
    } catch (error) {
      if (!(error instanceof WorkerRefusal) || error.code !== BASE_LOST) throw error
    }
  }
  await ask({ config, sets })
}

/** Forgets what was prepared and the sockets that were given for it. */
export async function discard(workers: readonly WorkerProcess[], revision: string): Promise<void> {
  await Promise.allSettled(workers.map((worker) => worker.ask({ type: 'discard', revision }, DISCARD_TIMEOUT_MS)))
}

function dismiss(worker: WorkerProcess, reason: Error, log: LogFunction): void {
  log('error', 'a worker did not follow the reload and is replaced', { pid: worker.pid, reason: reason.message })
  worker.kill('SIGKILL')
}
