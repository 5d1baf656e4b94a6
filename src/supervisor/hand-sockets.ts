// Gets listening sockets that a reload added to workers that already run.

import type { Server } from 'node:net'
import { Courier } from './courier.ts'
import type { HeldAddress } from './listening-sockets.ts'
import { type Program, WorkerLost, type WorkerProcess } from './worker-process.ts'

const TIMEOUT_MS = 10_000

/** Resolves when every worker that still lives has its sockets. Throws a BindError when one cannot be listened on. */
export async function handSockets(
  program: Program,
  added: readonly HeldAddress[],
  workers: readonly WorkerProcess[],
): Promise<void> {
  const deliveries = added.flatMap((held) => workers.map((worker) => ({ worker, bind: held.bind, fd: held.fd(worker.slot) })))
  if (deliveries.length === 0) return
  const courier = new Courier(
    program,
    deliveries.map(({ fd }) => fd),
  )
  try {
    // One after the other: a channel carries one socket at a time, and what waits for it would accept here meanwhile.
    for (const [index, { worker, bind }] of deliveries.entries()) {
      let received: Promise<unknown> = Promise.resolve()
      await courier.take(index, bind, (server) => {
        received = pass(worker, bind, server)
      })
      await received
    }
  } finally {
    courier.end()
  }
}

async function pass(worker: WorkerProcess, bind: string, server: Server): Promise<void> {
  try {
    await worker.ask({ type: 'socket', bind }, TIMEOUT_MS, server, () => server.close())
  } catch (error) {
    server.close()
    if (!(error instanceof WorkerLost)) throw error
  }
}
