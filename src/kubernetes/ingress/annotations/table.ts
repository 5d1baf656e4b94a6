// The table of annotations: every one that is known, by theme. Later themes see what earlier ones made.

import { didYouMean } from '../../../config/suggest.ts'
import type { Entry, Theme } from './entry.ts'
import { affinity } from './themes/affinity.ts'
import { balancing } from './themes/balancing.ts'
import { bodies } from './themes/bodies.ts'
import { canary } from './themes/canary.ts'
import { clientAuth } from './themes/client-auth.ts'
import { copies } from './themes/copies.ts'
import { cors } from './themes/cors.ts'
import { endpointProtocol } from './themes/endpoint-protocol.ts'
import { fields } from './themes/fields.ts'
import { filters } from './themes/filters.ts'
import { hosts } from './themes/hosts.ts'
import { https } from './themes/https.ts'
import { authentication, errors, firewall, limits, ranges } from './themes/missing.ts'
import { observing } from './themes/observing.ts'
import { patience } from './themes/patience.ts'
import { redirects, www } from './themes/redirects.ts'
import { rewriting } from './themes/rewriting.ts'
import { snippets } from './themes/snippets.ts'

/** The second one goes before the first. */
export const PREFIXES = ['nginx.ingress.kubernetes.io/', 'headgate.dev/'] as const

export const THEMES: readonly Theme[] = [
  rewriting,
  redirects,
  https,
  hosts,
  www,
  bodies,
  patience,
  endpointProtocol,
  balancing,
  affinity,
  canary,
  cors,
  fields,
  copies,
  clientAuth,
  filters,
  observing,
  snippets,
  authentication,
  limits,
  ranges,
  firewall,
  errors,
]

const ENTRIES: ReadonlyMap<string, Entry<unknown>> = new Map(THEMES.flatMap(({ entries }) => Object.entries(entries)))

/** By its name without prefix. */
export const entryOf = (name: string): Entry<unknown> | null => ENTRIES.get(name) ?? null

/** `; did you mean "x"?`, or nothing. */
export const nearestAnnotation = (name: string): string => didYouMean(name, ENTRIES.keys())
