// What tells this replica from all others, and from itself before a restart.

import { hostname } from 'node:os'
import type { Random } from '../../model/clock.ts'

/** Name of the pod or machine, and chance. */
export function replicaIdentity(env: Readonly<Record<string, string | undefined>>, random: Random): string {
  const suffix = Array.from({ length: 4 }, () =>
    Math.floor(random() * 65_536)
      .toString(16)
      .padStart(4, '0'),
  ).join('')
  return `${(env.POD_NAME || hostname()).slice(0, 200)}_${suffix}`
}
