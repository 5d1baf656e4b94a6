// What the results of an upstream's health checks are for: who made them, and what a roster does with them.

import { createHash } from 'node:crypto'
import type { UpstreamConfig } from '../config/model.ts'
import { unprobed } from '../health/verdict.ts'
import type { HealthRules } from '../resilience/roster.ts'
import { Transport } from './connect-endpoints.ts'

const known = new WeakMap<UpstreamConfig, string>()

/** '' = none. Equal text, equal probes: what is known from one holds for the other. */
export function checkOf(config: UpstreamConfig): string {
  if (config.health === null) return ''
  let check = known.get(config)
  if (check === undefined) {
    check = hashOf(config)
    known.set(config, check)
  }
  return check
}

function hashOf(config: UpstreamConfig): string {
  // The key holds certificates and keys: long, and nobody else's business.
  return createHash('sha256')
    .update(JSON.stringify([config.health, new Transport(config).key, probeHostOf(config)]))
    .digest('base64url')
}

/** What the roster of the upstream goes by; null = it has no checks. */
export function healthRules(config: UpstreamConfig): HealthRules | null {
  if (config.health === null) return null
  const { healthy, interval, jitter, timeout } = config.health
  return {
    check: checkOf(config),
    initial: unprobed(config.health),
    confirmedAfter: healthy * interval * (1 + jitter) + timeout,
  }
}

/** null = the address that is asked. */
export function probeHostOf({ health, host }: UpstreamConfig): string | null {
  return health?.host ?? (host === 'preserve' || host === 'endpoint' ? null : host)
}
