// Faults on purpose: a share of the requests is held up, a share is answered with an error.

import { type Deadlines, Timed } from '../model/deadlines.ts'
import type { Exchange } from '../model/exchange.ts'
import type { Filter } from '../model/filter.ts'
import type { LocalAnswer } from '../model/message.ts'
import { problem } from '../model/problem.ts'
import type { FilterContext } from './context.ts'

export interface FaultsOptions {
  /** `time` in milliseconds, `share` from 0 to 1. */
  readonly delay: { readonly time: number; readonly share: number } | null
  readonly abort: { readonly status: number; readonly share: number } | null
}

export function faults({ delay, abort }: FaultsOptions, { random, deadlines }: FilterContext): Filter {
  const answer = (x: Exchange): LocalAnswer | null => {
    if (abort === null || random() >= abort.share) return null
    return problem('fault', '', x.listener.detail, abort.status)
  }
  const explain = (): string => described({ delay, abort })
  if (delay === null) return { name: 'faults', onRequest: answer, explain }
  /** Who is being held up: forgotten with the exchange. */
  const waiting = new Map<Exchange, Delay>()
  return {
    name: 'faults',
    async: true,
    explain,
    onRequest(x) {
      if (random() >= delay.share) return answer(x)
      return new Promise((resolve) => {
        const held = new Delay(deadlines, () => {
          waiting.delete(x)
          resolve(x.finished ? null : answer(x))
        })
        waiting.set(x, held)
        deadlines.arm(held, delay.time)
      })
    },
    onEnd(x) {
      waiting.get(x)?.end()
    },
  }
}

function described({ delay, abort }: FaultsOptions): string {
  const percent = (share: number): string => `${Number((share * 100).toFixed(4))}%`
  const said = [
    ...(delay === null ? [] : [`holds up ${percent(delay.share)} of the requests for ${delay.time} ms`]),
    ...(abort === null ? [] : [`answers ${percent(abort.share)} with ${abort.status}`]),
  ]
  return said.join(', ')
}

class Delay extends Timed {
  readonly #deadlines: Deadlines
  readonly #over: () => void

  constructor(deadlines: Deadlines, over: () => void) {
    super()
    this.#deadlines = deadlines
    this.#over = over
  }

  override onDeadline(): void {
    this.#over()
  }

  /** There is nobody left to wait for. */
  end(): void {
    this.#deadlines.remove(this)
    this.#over()
  }
}
