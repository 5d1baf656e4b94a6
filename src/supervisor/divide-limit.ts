// How a limit that holds for the gateway is divided among its processes: max-min fair by what each needs.

/** Of the limit, kept for processes that need nothing now, so that their first requests need not wait. */
const RESERVE = 0.05

/**
 * Whole parts whose sum is exactly `limit`, one for each of `needs`. Nobody gets less than it needs while there is enough; what is
 * over is divided evenly. Where there is not enough for one each, `turn` decides whose turn it is: it should grow by one each time.
 */
export function divideLimit(limit: number, needs: readonly number[], turn: number): number[] {
  const count = needs.length
  if (count === 0) return []
  const reserve = limit >= count * 10 ? Math.max(1, Math.floor((limit * RESERVE) / count)) : 0
  const wants = needs.map((need) => Math.min(Math.max(need, reserve), limit))
  const over = limit - wants.reduce((sum, want) => sum + want, 0)
  if (over < 0) return fill(limit, wants, turn)
  return wants.map((want, i) => want + Math.floor(over / count) + (i < over % count ? 1 : 0))
}

/** Raises all at once up to what each wants, until the limit is used up. */
function fill(limit: number, wants: readonly number[], turn: number): number[] {
  let left = limit
  let level = 0
  let hungry = wants.filter((want) => want > 0)
  while (hungry.length > 0 && left >= hungry.length) {
    const step = Math.min(Math.floor(left / hungry.length), Math.min(...hungry) - level)
    level += step
    left -= step * hungry.length
    hungry = hungry.filter((want) => want > level)
  }
  const parts = wants.map((want) => Math.min(want, level))
  const open = [...wants.keys()].filter((i) => (wants[i] as number) > level)
  // The rest always goes to the same ones, or every second would move it; where it is all that there is, it goes round.
  const first = level === 0 ? turn : 0
  for (let k = 0; k < left; k++) {
    const i = open[(first + k) % open.length] as number
    parts[i] = (parts[i] as number) + 1
  }
  return parts
}
