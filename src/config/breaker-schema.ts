// `breaker` of an upstream: when it is not asked at all for a while.

import * as z from 'zod'
import { duration, integer } from './values.ts'
import { block, offOr } from './written.ts'

export interface BreakerConfig {
  /** 1 to 100. */
  readonly errorPercent: number
  /** Milliseconds. */
  readonly window: number
  readonly minimumRequests: number
  /** Milliseconds. */
  readonly resetAfter: number
  /** Those of `ejection`, or its defaults. */
  readonly on: readonly string[]
}

const breakerBlock = block({
  errorPercent: integer(1, 100)
    .prefault(50)
    .describe('Errors among the attempts of a window from which on it opens, in percent.'),
  window: duration(100).prefault('10s').describe('How far back it looks.'),
  minimumRequests: integer(1, 1_000_000).prefault(20).describe('Attempts in a window below which their share says nothing.'),
  resetAfter: duration(100).prefault('5s').describe('How long it stays open until one request is let through to see.'),
})

export const breaker = z
  .union([offOr('{ errorPercent: 50 }'), breakerBlock])
  .prefault('off')
  .describe(
    'Circuit breaker: when most attempts fail, requests are answered with 503 at once. What an error is says ejection.on.',
  )
