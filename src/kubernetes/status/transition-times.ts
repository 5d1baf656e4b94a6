// Gives the conditions of a status their lastTransitionTime: the one that they have while their `status` stays the same, else now.

type Json = unknown
type Entry = Readonly<Record<string, Json>>

/** What tells entries of a list apart that are no conditions: parents and ancestors by whom and what they are about, listeners by name. */
const IDENTITY = ['name', 'parentRef', 'ancestorRef', 'controllerName'] as const

/** A copy of `wanted`, without what is undefined. Times that are written there stay: entries of others are theirs. */
export function withTransitionTimes(wanted: Json, current: Json, now: string): Json {
  if (Array.isArray(wanted)) {
    const before = pairing(Array.isArray(current) ? current : [])
    return wanted.map((entry, index) => withTransitionTimes(entry, before(entry, index), now))
  }
  if (!isEntry(wanted)) return wanted
  const before = isEntry(current) ? current : {}
  const copy = Object.fromEntries(
    Object.entries(wanted).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, withTransitionTimes(value, Object.hasOwn(before, key) ? before[key] : null, now)]],
    ),
  )
  if (isCondition(wanted) && copy.lastTransitionTime === undefined)
    copy.lastTransitionTime = sameStatus(wanted, before) ? before.lastTransitionTime : now
  return copy
}

function sameStatus(wanted: Entry, before: Entry): boolean {
  return wanted.type === before.type && wanted.status === before.status && typeof before.lastTransitionTime === 'string'
}

/** Finds what stood in a list for an entry of it. */
function pairing(before: readonly Json[]): (entry: Json, index: number) => Json {
  const known = new Map<string, Json>()
  for (const entry of before) {
    const key = identityOf(entry)
    if (key !== null && !known.has(key)) known.set(key, entry)
  }
  return (entry, index) => {
    const key = identityOf(entry)
    return key === null ? before[index] : known.get(key)
  }
}

function identityOf(entry: Json): string | null {
  if (!isEntry(entry)) return null
  if (isCondition(entry)) return `condition ${entry.type}`
  const parts = IDENTITY.flatMap((key) => (entry[key] === undefined ? [] : [key, sorted(entry[key])]))
  return parts.length === 0 ? null : JSON.stringify(parts)
}

function sorted(value: Json): Json {
  if (!isEntry(value)) return value
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
}

function isCondition(entry: Entry): boolean {
  return typeof entry.type === 'string' && (entry.status === 'True' || entry.status === 'False' || entry.status === 'Unknown')
}

function isEntry(value: Json): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
