// How long a start waits for what a cluster says: until it is known, and no longer than anybody would wait.

import type { Cluster } from '../compile/cluster.ts'
import type { Clock } from '../model/clock.ts'
import type { LogFunction } from '../telemetry/log.ts'
import type { After } from './pace.ts'

const LOOK_MS = 10
/** While everything goes well. */
const LONGEST_MS = 10_000
/** While there is no answer. */
const TROUBLED_MS = 2000

/** Resolves when it is `known`, or when that is not worth waiting for; soon when `hurried`. */
export function firstKnown(
  cluster: Pick<Cluster, 'known' | 'awaited'>,
  hurried: () => boolean,
  { clock, after, log }: { readonly clock: Clock; readonly after: After; readonly log: LogFunction },
): Promise<void> {
  const began = clock.now()
  return new Promise((resolve) => {
    const look = (): void => {
      if (cluster.known || hurried()) {
        resolve()
        return
      }
      const waited = clock.now() - began
      const awaited = cluster.awaited()
      const reason = [...awaited.values()].find((trouble) => trouble !== '')
      if (waited < (reason === undefined ? LONGEST_MS : TROUBLED_MS)) {
        after(LOOK_MS, look)
        return
      }
      const fields = { kinds: [...awaited.keys()].join(' '), reason: reason ?? 'no answer yet' }
      log('warn', 'Kubernetes is not known yet: what the file says is served, the rest follows', fields)
      resolve()
    }
    look()
  })
}
