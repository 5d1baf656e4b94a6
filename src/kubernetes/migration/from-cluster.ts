// The objects that are to be judged, from a running cluster. Secrets are not asked for.

import { type Clock, systemClock } from '../../model/clock.ts'
import { Deadlines } from '../../model/deadlines.ts'
import { ApiClient } from '../api-client.ts'
import { loadIdentity } from '../identity.ts'
import { INGRESSES } from '../ingress/kinds.ts'
import { listAll } from '../list.ts'
import type { Manifest } from '../manifests/read-manifests.ts'
import { pathOf, type RawObject } from '../resource.ts'

export interface ClusterSettings {
  /** null = KUBECONFIG if set, else the account of the pod. */
  readonly kubeconfig: string | null
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock?: Clock
}

const CONFIG_MAP = { kind: 'ConfigMap', group: '', version: 'v1' }
const CONFIG_MAPS = '/api/v1/configmaps?labelSelector=app.kubernetes.io%2Fname%3Dingress-nginx'

/** Rejects where Ingresses cannot be had; without the ConfigMap of the controller `missing` says why. */
export async function clusterManifests({ kubeconfig, env, clock = systemClock }: ClusterSettings): Promise<{
  readonly manifests: readonly Manifest[]
  readonly missing: string | null
}> {
  const deadlines = new Deadlines(clock)
  deadlines.start()
  const client = new ApiClient({ load: () => loadIdentity({ kubeconfig, env }), deadlines })
  const { signal } = new AbortController()
  const manifests: Manifest[] = []
  try {
    await listAll(client, pathOf(INGRESSES, null), signal, (object) => manifests.push(inNoFile(INGRESSES, object)))
    try {
      await listAll(client, CONFIG_MAPS, signal, (object) => manifests.push(inNoFile(CONFIG_MAP, object)))
      return { manifests, missing: null }
    } catch (error) {
      return { manifests, missing: (error as Error).message }
    }
  } finally {
    deadlines.stop()
    client.close()
  }
}

function inNoFile({ kind, group, version }: Pick<Manifest, 'kind' | 'group' | 'version'>, raw: RawObject): Manifest {
  return { kind, group, version, raw, file: '', line: () => 0 }
}
