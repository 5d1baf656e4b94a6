// A part of the endpoints of an upstream, those with certain labels. It has a picker of its own; the endpoints with their
// connections, health and limits are the upstream's.

import type { Picker } from './balancer.ts'
import type { Upstream } from './upstream.ts'

/** Names and values; plain data. */
export type Labels = Readonly<Record<string, string>>

/** Outlives snapshots for as long as a route asks for it. */
export class Subset {
  readonly upstream: Upstream
  /** What its endpoints have, at least. */
  readonly labels: Labels
  /** Swapped whole, like that of the upstream. */
  picker: Picker = NOBODY
  /** One of its endpoints is healthy. */
  healthy = false
  /** Too few are. */
  few = false

  constructor(upstream: Upstream, labels: Labels) {
    this.upstream = upstream
    this.labels = labels
  }

  /** As `Upstream.usable`. */
  get usable(): boolean {
    return this.healthy && this.upstream.breaker?.state !== 'open'
  }

  /** Health is ignored. */
  get panic(): boolean {
    return this.few && !this.upstream.relieved
  }
}

const NOBODY: Picker = { pick: () => null }

export function hasLabels(labels: Labels | undefined, wanted: Labels): boolean {
  return Object.entries(wanted).every(
    ([name, value]) => labels !== undefined && Object.hasOwn(labels, name) && labels[name] === value,
  )
}

/** Equal text, equal labels, in whichever order they were written. */
export function labelsKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** For people: `version: v2, track: canary`. */
export function labelsInWords(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ')
}
