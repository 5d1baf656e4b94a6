// What is written back to Kubernetes: the statuses of objects, Events about them, and objects of our own, by one of the replicas.

import type { LeaderElectionConfig } from '../../config/ingress-schema.ts'
import type { ApiClient } from '../api-client.ts'
import type { KubernetesEnvironment } from '../environment.ts'
import type { ObjectIntent, ObjectReport } from '../translation.ts'
import { Events } from './events.ts'
import { Leader } from './leader.ts'
import { ObjectWriter } from './object-writer.ts'
import { StatusWriter } from './status-writer.ts'

export { replicaIdentity } from './identity.ts'

export interface StatusDeskSettings {
  readonly client: ApiClient
  readonly config: { readonly leaderElection: LeaderElectionConfig }
  readonly environment: KubernetesEnvironment
  /** See `replicaIdentity`. */
  readonly identity: string
}

export interface StatusDesk {
  /**
   * All reports about what is served now, after each change of any of them, also of what is in a status: what is not named is not
   * ours any more. Cheap where reports are the same objects as the last time. The same goes for objects that there should be. Never
   * throws.
   */
  publish(reports: readonly ObjectReport[], objects?: readonly ObjectIntent[]): void
  /** Whether this replica writes. */
  readonly leader: boolean
  /** Why it is not known who writes; '' = it is. */
  readonly trouble: string
  /** Calls `changed` whenever `leader` may have changed. Returns how to stop that. */
  subscribe(changed: (leader: boolean) => void): () => void
  /** Ends what is on its way, within seconds, and lets another replica lead. */
  stop(): Promise<void>
}

/** Tries to lead from now on. */
export function openStatusDesk({ client, config, environment, identity }: StatusDeskSettings): StatusDesk {
  const subscribers = new Set<(leader: boolean) => void>()
  const mayWrite = (): boolean => leader.leader
  const statuses = new StatusWriter({ client, environment, mayWrite })
  const objects = new ObjectWriter({ client, environment, mayWrite })
  const events = new Events({ client, environment, mayWrite, identity })
  const leader: Leader = new Leader({
    client,
    environment,
    lease: config.leaderElection,
    identity,
    changed: (leads) => {
      if (leads) {
        statuses.writeAll()
        objects.writeAll()
        events.tellAll()
      }
      for (const changed of subscribers) changed(leads)
    },
  })
  return {
    publish: (reports, wanted = []) => {
      objects.publish(wanted)
      statuses.publish(reports)
      events.publish(reports)
    },
    get leader() {
      return leader.leader
    },
    get trouble() {
      return leader.trouble
    },
    subscribe: (changed) => {
      subscribers.add(changed)
      return () => subscribers.delete(changed)
    },
    stop: async () => {
      await Promise.all([statuses.stop(), objects.stop(), events.stop()])
      await leader.stop()
    },
  }
}
