// The way in: informers on the API server that the configuration names. Everything of this folder is loaded from here, only where
// Kubernetes is configured.

import type { KubernetesConfig } from '../config/model.ts'
import { ApiClient } from './api-client.ts'
import type { KubernetesEnvironment } from './environment.ts'
import { loadIdentity } from './identity.ts'
import { Informers } from './informers.ts'

export { EndpointDiscovery } from './endpoint-discovery.ts'

/** Asks nothing yet; what cannot be reached is asked again for ever. */
export function connectKubernetes(
  { kubeconfig, namespaces }: Pick<KubernetesConfig, 'kubeconfig' | 'namespaces'>,
  environment: KubernetesEnvironment,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Informers {
  const load = () => loadIdentity({ kubeconfig, env })
  return new Informers(new ApiClient({ load, deadlines: environment.deadlines }), namespaces, environment)
}
