// Numbers and times as people read them.

/** `1,234`, `12.3`, `0.4`. */
export function rate(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value === 0 ? '0' : value.toFixed(1)
}

/** `850 µs`, `12.3 ms`, `1.25 s`. */
export function duration(ms: number | null): string {
  if (ms === null) return '–'
  if (ms < 1) return `${Math.round(ms * 1000)} µs`
  if (ms < 100) return `${ms.toFixed(1)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  return `${(ms / 1000).toFixed(2)} s`
}

export function bytes(count: number): string {
  if (count < 1024) return `${count} B`
  return count < 1024 * 1024 ? `${(count / 1024).toFixed(1)} KiB` : `${(count / 1024 / 1024).toFixed(1)} MiB`
}

export function clock(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB')
}

const IN_WORDS = new Map(
  Object.entries({
    'connect-failure': 'it takes no connections',
    'connect-timeout': 'connecting takes too long',
    reset: 'it cuts connections',
    timeout: 'it does not answer in time',
    protocol: 'what it answers is not HTTP',
    'consecutive-errors': 'several requests in a row failed',
    'error-percent': 'too many requests failed',
    latency: 'it is much slower than the others',
  }),
)

/** `reset: it cuts connections`; what has no further words stays as it is. */
export function because(reason: string): string {
  const words = IN_WORDS.get(reason)
  return words === undefined ? reason : `${reason}: ${words}`
}

/** `a`, `a and b`, `a, b and 3 more`. */
export function listed(names: readonly string[], most = 4): string {
  const shown = names.length <= most + 1 ? names : [...names.slice(0, most), `${names.length - most} more`]
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}

/** `back in 8 s`; `ahead` is how far the other clock is. */
export function left(until: number, ahead: number): string {
  const seconds = Math.ceil((until - ahead - Date.now()) / 1000)
  if (seconds <= 0) return 'now'
  return seconds < 120 ? `${seconds} s` : seconds < 7200 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3600)} h`
}
