// What follows the endpoints of the configuration in force: discovery finds them, health probes them.

import type { EndpointSpec } from '../model/endpoint.ts'
import { DiscoveryDesk, type DiscoveryDeskSettings } from './discovery-desk.ts'
import { HealthDesk, type HealthDeskSettings } from './health-desk.ts'

export function makeDesks(settings: DiscoveryDeskSettings & HealthDeskSettings): {
  discovery: DiscoveryDesk
  health: HealthDesk
} {
  const health = new HealthDesk(settings)
  const planes = {
    // First who is there, then how they are.
    setEndpoints(upstream: string, endpoints: readonly EndpointSpec[]): void {
      settings.planes.setEndpoints(upstream, endpoints)
      health.setEndpoints(
        upstream,
        endpoints.map(({ address }) => address),
      )
    },
  }
  return { discovery: new DiscoveryDesk({ ...settings, planes }), health }
}
