// Several attempts of one exchange at a time: `x.attempt` and its rivals. Each holds a place at the upstream; the first that gets
// an answer stays.

import type { RunningAttempt } from '../model/connection.ts'
import type { Exchange } from '../model/exchange.ts'

/** An attempt of a race is over; another takes its seat. Its place at the upstream is for the caller to give back. */
export function leaveRace(x: Exchange, attempt: RunningAttempt): void {
  const rivals = x.rivals as RunningAttempt[]
  if (x.attempt === attempt) x.attempt = rivals.shift() as RunningAttempt
  else rivals.splice(rivals.indexOf(attempt), 1)
  if (rivals.length === 0) x.rivals = null
  // The body is complete where there is a race: nobody is to get more of it.
  x.connection = null
}

/** This one answers the client; what else runs is cancelled. */
export function win(x: Exchange, winner: RunningAttempt): void {
  while (x.rivals !== null) {
    const loser: RunningAttempt = x.attempt === winner || x.attempt === null ? (x.rivals[0] as RunningAttempt) : x.attempt
    loser.cancel()
  }
}
