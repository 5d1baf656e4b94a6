// Conditions of statuses, and how they join what others wrote there.

export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
  readonly observedGeneration: number
}

/** The API server's limit. */
const LONGEST = 32_768

export function condition(
  type: string,
  holds: boolean,
  reason: string,
  message: string,
  observedGeneration: number,
): Condition {
  return { type, status: holds ? 'True' : 'False', reason, message: message.slice(0, LONGEST), observedGeneration }
}

/** Ours, and behind them those of types in `current` that we neither have nor, as in `own`, ever write. */
export function joinConditions(current: unknown, ours: readonly Condition[], own: readonly string[] = []): unknown[] {
  const known = new Set([...own, ...ours.map(({ type }) => type)])
  const others = listOf(current).filter((each) => !known.has(String(fieldOf(each, 'type'))))
  return [...ours, ...others]
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** undefined where there is none. */
export function fieldOf(value: unknown, key: string): unknown {
  return value !== null && typeof value === 'object' && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined
}

/** One of several problems speaks for a condition: its reason, and the messages of all. */
export function summary(problems: readonly { readonly reason: string; readonly message: string }[]): {
  reason: string
  message: string
} {
  return { reason: problems[0]?.reason ?? '', message: [...new Set(problems.map(({ message }) => message))].join('; ') }
}
