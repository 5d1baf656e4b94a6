// Endpoints that the configuration lists.

import type { Discovery } from '../model/discovery.ts'
import type { EndpointSpec } from '../model/endpoint.ts'

export const staticDiscovery: Discovery<readonly EndpointSpec[]> = {
  name: 'static',
  watch(spec, publish) {
    publish(spec)
    return () => {}
  },
}
