// RFC 7396: what makes one JSON value of another.

/** `wanted` has no null and nothing undefined inside. */
export function mergePatch(current: unknown, wanted: unknown): unknown {
  if (!isObject(wanted) || !isObject(current)) return wanted
  const gone = Object.keys(current).filter((key) => !Object.hasOwn(wanted, key))
  return Object.fromEntries([
    ...Object.entries(wanted).map(([key, value]) => [
      key,
      mergePatch(Object.hasOwn(current, key) ? current[key] : null, value),
    ]),
    ...gone.map((key) => [key, null]),
  ])
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
