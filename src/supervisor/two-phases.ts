// A new configuration for all workers: first each prepares (compiles, binds), and only when none refused each commits.

import type { GatewayConfig } from '../config/model.ts'
import type { EndpointSets } from '../model/discovery.ts'
import type { LogFunction } from '../telemetry/log.ts'
import type { ListenerAddress } from './plane.ts'
import { WorkerLost, type WorkerProcess } from './worker-process.ts'

const PREPARE_TIMEOUT_MS = 30_000
const COMMIT_TIMEOUT_MS = 10_000
const DISCARD_TIMEOUT_MS = 10_000

/**
 * A worker that ends or falls silent meanwhile does not stop the others: it is ended, and its replacement starts with the
 * configuration that came out. Throws the first refusal, or a WorkerLost when no worker survived; nothing has changed then.
 */
export async function applyInTwoPhases(
  workers: readonly WorkerProcess[],
  config: GatewayConfig,
  revision: string,
  sets: EndpointSets,
  log: LogFunction,
): Promise<readonly ListenerAddress[]> {
  const prepared = await Promise.allSettled(
    workers.map((worker) => worker.ask({ type: 'prepare', config, revision, sets }, PREPARE_TIMEOUT_MS)),
  )
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
  const committed = await Promise.allSettled(able.map((worker) => worker.ask({ type: 'commit', revision }, COMMIT_TIMEOUT_MS)))
  let addresses: readonly ListenerAddress[] = []
  committed.forEach((outcome, i) => {
    if (outcome.status === 'fulfilled') addresses = outcome.value
    // It may serve the old configuration, which is no longer in force.
    else dismiss(able[i] as WorkerProcess, outcome.reason, log)
  })
  return addresses
}

/** Forgets what was prepared and the sockets that were given for it. */
export async function discard(workers: readonly WorkerProcess[], revision: string): Promise<void> {
  await Promise.allSettled(workers.map((worker) => worker.ask({ type: 'discard', revision }, DISCARD_TIMEOUT_MS)))
}

function dismiss(worker: WorkerProcess, reason: Error, log: LogFunction): void {
  log('error', 'a worker did not follow the reload and is replaced', { pid: worker.pid, reason: reason.message })
  worker.kill('SIGKILL')
}
