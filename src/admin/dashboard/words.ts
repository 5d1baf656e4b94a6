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

/** `back in 8 s`; `ahead` is how far the other clock is. */
export function left(until: number, ahead: number): string {
  const seconds = Math.ceil((until - ahead - Date.now()) / 1000)
  if (seconds <= 0) return 'now'
  return seconds < 120 ? `${seconds} s` : seconds < 7200 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3600)} h`
}
