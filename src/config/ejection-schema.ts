// What keeps endpoints of an upstream out of the choice: `ejection`, `panic`, `priorities`, `slowStart`.

import * as z from 'zod'
import { duration, durationOrOff, integer, integerOrOff, share } from './values.ts'
import { block, numberOrText, offOr, refuse } from './written.ts'

const CONDITIONS = ['connect-failure', 'connect-timeout', 'reset', 'timeout', 'protocol'] as const

const condition = numberOrText(
  'a condition such as reset or 503',
  (written) =>
    /^[45]\d\d$/.test(written) || (CONDITIONS as readonly string[]).includes(written)
      ? written
      : refuse(`"${written}" is not a condition: there are ${CONDITIONS.join(', ')} and statuses such as 503`),
  {
    title: 'condition',
    anyOf: [{ type: 'integer', minimum: 400, maximum: 599 }, { type: 'string' }],
    examples: [...CONDITIONS, '503'],
  },
)

/** What counts as an error where nothing is said. */
export const ERRORS: readonly string[] = [...CONDITIONS, '502', '503', '504']

const ejectionBlock = block({
  consecutiveErrors: integer(1, 1_000_000).prefault(5).describe('Errors in a row.'),
  errorPercent: integer(1, 100).prefault(50).describe('Errors among the requests of one window, in percent.'),
  minimumRequests: integer(1, 1_000_000).prefault(20).describe('Requests in a window below which its share says nothing.'),
  window: duration(100).prefault('10s').describe('How far back errorPercent and latencyFactor look.'),
  latencyFactor: integerOrOff(2, 1000).prefault('off').describe('Times the median latency of the other endpoints.'),
  baseTime: duration().prefault('10s').describe('How long the first time; doubled with each further one.'),
  maxTime: duration().prefault('5m').describe('How long at most.'),
  maxPercent: integer(0, 100).prefault(50).describe('Endpoints that may be out at a time; one may always, if another stays.'),
  on: z
    .array(condition)
    .prefault([...ERRORS])
    .describe('What counts as an error, also for breaker. A refused or reset connection moves traffic away after the first.'),
})

export const ejection = z
  .union([offOr('{ consecutiveErrors: 5 }'), ejectionBlock])
  .prefault({})
  .describe('Passive: endpoints that fail while they serve are left out for a while.')

export const panic = share()
  .prefault('10%')
  .describe('Below this healthy share health is ignored, and a metric says so; 0% = never.')

const spill = numberOrText(
  'a share such as 140%',
  (written) => {
    const parts = /^(\d{1,4})%$/.exec(written) ?? (written === '0' ? [written, '0'] : null)
    if (parts === null || Number(parts[1]) > 1000) return refuse(`expected a share from 0% to 1000%; got "${written}"`)
    return Number(parts[1]) / 100
  },
  { title: 'share', anyOf: [{ const: 0 }, { type: 'string' }], examples: ['140%'] },
)

export const priorities = block({
  spill: spill
    .prefault('140%')
    .describe('The next level takes what the healthy share of a level times this cannot; 0% = all or nothing.'),
})
  .prefault({})
  .describe('How levels of priority follow each other.')

export const slowStart = durationOrOff()
  .prefault('off')
  .describe('How long a new or recovered endpoint grows from 10% to its full weight.')
