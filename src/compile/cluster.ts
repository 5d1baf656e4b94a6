// The way to clusters that configuration comes from, for who may not know Kubernetes: loaded when the first one is opened.

import type { KubernetesConfig } from '../config/model.ts'
import type { Cluster, ClusterEvents } from '../kubernetes/open-cluster.ts'
import type { KubernetesLink } from './kubernetes-link.ts'

export type { Cluster, ClusterEvents } from '../kubernetes/open-cluster.ts'
export type { ObjectIntent, ObjectProblem, ObjectReport, Translation } from '../kubernetes/translation.ts'

/** Rejects only when the code cannot be loaded. Close it once. */
export type OpenCluster = (config: KubernetesConfig, events: ClusterEvents) => Promise<Cluster>

export function clusterOpener(link: KubernetesLink): OpenCluster {
  return async (config, events) => {
    const { connected, release } = link.open(config)
    const [{ informers }, { openCluster }] = await Promise.all([connected, import('../kubernetes/open-cluster.ts')])
    return openCluster({ informers, release }, config, events)
  }
}
