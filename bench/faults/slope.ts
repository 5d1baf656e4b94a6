// Whether a series of measurements grows.

export interface Point {
  readonly hours: number
  readonly value: number
}

/** Least squares: by how much it grows in an hour, and how sure that is (one standard error). */
export function slope(points: readonly Point[]): { readonly perHour: number; readonly error: number } {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [x, y] = [mean(points.map(({ hours }) => hours)), mean(points.map(({ value }) => value))]
  const spread = points.reduce((sum, { hours }) => sum + (hours - x) ** 2, 0)
  const perHour = points.reduce((sum, { hours, value }) => sum + (hours - x) * (value - y), 0) / spread
  const rest = points.reduce((sum, { hours, value }) => sum + (value - y - perHour * (hours - x)) ** 2, 0)
  return { perHour, error: Math.sqrt(rest / (points.length - 2) / spread) }
}
