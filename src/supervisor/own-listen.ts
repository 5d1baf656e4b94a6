// Listening in the process that also accepts: `workers: 0`, tests and embedding.

import type { Server } from 'node:net'
import { BindError, codeOf, resolveBind } from './bind-address.ts'

/**
 * How many connections the kernel may keep waiting; it takes less where its own limit is lower. Of a descriptor node reads it only as the
 * second argument of `listen`, and every `listen` sets it anew.
 */
export const BACKLOG = 4096

/** A `Listen` that binds by itself. */
export async function ownListen(server: Server, bind: string): Promise<void> {
  const where = await resolveBind(bind)
  await listening(server, bind, () => server.listen({ ...where, backlog: BACKLOG }))
}

/** Calls `listen` and waits until `server` does. Throws a BindError. */
export function listening(server: Server, bind: string, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => {
      server.off('listening', done)
      reject(new BindError(bind, codeOf(error)))
    }
    const done = () => {
      server.off('error', failed)
      resolve()
    }
    server.once('error', failed)
    server.once('listening', done)
    listen()
  })
}
