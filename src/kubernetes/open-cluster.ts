// A cluster that configuration comes from: objects are followed and translated, and what is said about them is written back.

import type { KubernetesConfig } from '../config/model.ts'
import { ClusterSource, type Surroundings } from './cluster-source.ts'
import { ENDPOINT_SLICES } from './endpoint-slice.ts'
import type { Informers } from './informers.ts'
import { SERVICES } from './service.ts'
import { openStatusDesk, replicaIdentity } from './status/index.ts'
import type { ObjectIntent, ObjectReport, Translation } from './translation.ts'
import { translatorsOf } from './translators.ts'

export interface ClusterEvents {
  /** `translate` may come to something else, or `known` has become true. */
  readonly changed: () => void
  /** Whether this replica writes statuses. */
  readonly leads: (leader: boolean) => void
}

export interface Cluster {
  /** Everything was listed once. Never taken back: then the last good state counts. */
  readonly known: boolean
  /** Kinds that are waited for, and what is wrong with them ('' = nothing so far). */
  awaited(): ReadonlyMap<string, string>
  /** In the order of precedence. Call when it is `known`. */
  translate(surroundings: Surroundings): readonly Translation[]
  /** All reports about what is served now, and all objects that belong to it. */
  publish(reports: readonly ObjectReport[], objects: readonly ObjectIntent[]): void
  /** Resolves when nothing is written any more. */
  close(): Promise<void>
}

/** `release` is called at the end: nobody here needs the informers any more. */
export function openCluster(
  { informers, release }: { readonly informers: Informers; readonly release: () => void },
  config: KubernetesConfig,
  { changed, leads }: ClusterEvents,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Cluster {
  const { client, environment } = informers
  const translators = translatorsOf(config)
  // Endpoints are asked for as soon as there are upstreams: at the start they are known by then.
  const source = new ClusterSource({ informers, translators, beside: [SERVICES, ENDPOINT_SLICES], changed })
  const identity = replicaIdentity(env, environment.random)
  const statuses = openStatusDesk({ client, config, environment, identity })
  statuses.subscribe(leads)
  return {
    get known() {
      return source.known
    },
    awaited: () => source.awaited(),
    translate: (surroundings) => source.translate(surroundings),
    publish: (reports, objects) => statuses.publish(reports, objects),
    async close() {
      source.stop()
      await statuses.stop()
      release()
    },
  }
}
