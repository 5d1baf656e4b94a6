// Time and chance are injected, so that tests can turn the clock and seed the dice.

/** The only source of time. */
export interface Clock {
  /** Monotonic milliseconds with fraction; differences only. */
  now(): number
  /** Milliseconds since the epoch. */
  wall(): number
}

/** Uniform in [0, 1). The only source of randomness for decisions. */
export type Random = () => number

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
}

export const systemRandom: Random = () => Math.random()
