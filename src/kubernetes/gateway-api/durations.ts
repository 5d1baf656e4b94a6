// Durations of the Gateway API (GEP-2257): up to four parts, `1h30m10s250ms`.

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 }

/** In the words of the file; nothing at all is `off`. null = it is no duration. */
export function durationOf(written: string): string | null {
  if (!/^(?:\d{1,5}(?:ms|h|m|s)){1,4}$/.test(written)) return null
  let ms = 0
  for (const [, digits, unit = ''] of written.matchAll(/(\d+)(ms|h|m|s)/g)) ms += Number(digits) * (UNITS[unit] ?? 0)
  return ms === 0 ? 'off' : `${ms}ms`
}
