// Which discovery an upstream has: from the configuration's words to what looks for endpoints. Run where configuration is read,
// never in a worker; what only some gateways need is loaded when it is asked for.

import type { DiscoveryConfig, KubernetesServiceConfig } from '../config/model.ts'
import { staticDiscovery } from '../discovery/static.ts'
import type { Random } from '../model/clock.ts'
import type { Deadlines } from '../model/deadlines.ts'
import type { EndpointSpec } from '../model/endpoint.ts'

export interface DiscoverEnvironment {
  readonly deadlines: Deadlines
  readonly random: Random
  /** As `Discovery.watch`, of a Service in Kubernetes. */
  readonly kubernetes: (
    spec: KubernetesServiceConfig,
    publish: (endpoints: readonly EndpointSpec[], trouble?: string) => void,
    failed: (reason: string) => void,
  ) => () => void
}

/** As `Discovery.watch`: returns what stops it. */
export function discover(
  config: DiscoveryConfig,
  environment: DiscoverEnvironment,
  publish: (endpoints: readonly EndpointSpec[], trouble?: string) => void,
  failed: (reason: string) => void,
): () => void {
  if ('static' in config) return staticDiscovery.watch(config.static, publish, failed)
  if ('kubernetes' in config) return environment.kubernetes(config.kubernetes, publish, failed)
  let stop = () => {
    stopped = true
  }
  let stopped = false
  import('../discovery/dns.ts').then(
    ({ dnsDiscovery }) => {
      if (!stopped) stop = dnsDiscovery(environment).watch(config.dns, publish, failed)
    },
    (error: Error) => {
      if (!stopped) failed(error.message)
    },
  )
  return () => stop()
}
