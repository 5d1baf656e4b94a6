// What filters are made with in tests: a clock that stands still, fixed dice, and denials that can be read.

import type { FilterContext } from '../../src/filters/context.ts'
import type { DenialCounter } from '../../src/model/counters.ts'
import { Deadlines } from '../../src/model/deadlines.ts'
import type { ResponseHead } from '../../src/model/message.ts'

export interface TestContext extends FilterContext {
  readonly counted: DenialCounter[]
  /** Turns the clock of the deadlines. */
  readonly advance: (ms: number) => void
}

export function filterContext(dice: readonly number[] = [0]): TestContext {
  const counted: DenialCounter[] = []
  let now = 0
  let next = 0
  const deadlines = new Deadlines({ now: () => now, wall: () => now })
  return {
    route: 'r',
    random: () => dice[next++ % dice.length] as number,
    deadlines,
    counted,
    denials: (filter, mode) => {
      const counter: DenialCounter = { route: 'r', filter, mode, count: 0 }
      counted.push(counter)
      return counter
    },
    advance(ms) {
      now += ms
      deadlines.turn()
    },
  }
}

export function responseHead(status = 200, fields = ''): ResponseHead {
  return { status, phrase: '', fields, body: 0, length: 0, dated: false }
}
