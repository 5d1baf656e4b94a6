// Scalar values back in the form in which they are written.

const UNITS = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

const SIZES = [
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
] as const

/** Of milliseconds. */
export function duration(ms: number): string {
  if (ms === 0) return '0s'
  const [unit, length] = UNITS.find(([, size]) => ms % size === 0) ?? ['ms', 1]
  return `${ms / length}${unit}`
}

/** Of bytes. */
export function size(bytes: number): string | number {
  const [unit, length] = SIZES.find(([, size]) => bytes !== 0 && bytes % size === 0) ?? ['', 1]
  return unit === '' ? bytes : `${bytes / length}${unit}`
}

/** Of a fraction. */
export function share(fraction: number): string {
  for (let digits = 1; digits <= 17; digits++) {
    const percent = Number((fraction * 100).toPrecision(digits))
    if (percent / 100 === fraction) return `${plain(percent)}%`
  }
  return `${plain(fraction * 100)}%`
}

/** Without an exponent. */
function plain(value: number): string {
  return /e/.test(String(value)) ? value.toFixed(20).replace(/\.?0+$/, '') : String(value)
}

/** `word` in the place of null. */
export function or<Value>(word: string, write: (value: Value) => unknown): (value: Value | null) => unknown {
  return (value) => (value === null ? word : write(value))
}

export const same = (value: unknown): unknown => value

/** null = it was not written. */
export const given = (value: unknown): unknown => value ?? undefined
