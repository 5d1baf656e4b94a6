// Which health checks an upstream has: from the configuration's words to what probes. Run where configuration is read, never in a
// worker; what only some gateways need is loaded when it is asked for.

import type { UpstreamConfig } from '../config/model.ts'
import type { ProbeOf } from '../health/probe.ts'
import { type EndpointCheck, Prober, type ProberSettings } from '../health/prober.ts'
import { unprobed } from '../health/verdict.ts'
import type { HealthState } from '../model/health.ts'
import { Transport } from './connect-endpoints.ts'
import { checkOf, probeHostOf } from './health-rules.ts'

export type { EndpointCheck }
export { checkOf }

export const makeProber = (settings: ProberSettings): Prober => new Prober(settings)

/** The checks of one upstream. */
export interface UpstreamChecks {
  readonly check: string
  readonly initial: HealthState
  /** Begins to probe one more endpoint. */
  begin(prober: Prober, address: string, told: (check: EndpointCheck, failure: string, changed: boolean) => void): EndpointCheck
}

/** null = it has none. */
export async function checksOf(config: UpstreamConfig): Promise<UpstreamChecks | null> {
  const { health } = config
  if (health === null) return null
  const probeOf = await loadProbe(config)
  const transport = new Transport(config)
  return {
    check: checkOf(config),
    initial: unprobed(health),
    begin(prober, address, told) {
      const { place, tls, proxy } = transport.destination(address)
      const destination = {
        place: 'host' in place && health.port !== null ? { host: place.host, port: health.port } : place,
        tls: health.tls ? tls : null,
        proxy,
      }
      return prober.check(health, probeOf(destination), told)
    },
  }
}

async function loadProbe(config: UpstreamConfig): Promise<ProbeOf> {
  const { type, path, service, expect } = config.health as NonNullable<UpstreamConfig['health']>
  const host = probeHostOf(config)
  if (type === 'http') {
    // `auto` agrees with a probe that offers HTTP/1.1 only; h2 may mean that nothing else is spoken.
    if (config.protocol === 'h2') return (await import('../health/http2-probe.ts')).http2Probe({ path, host, expect })
    return (await import('../health/http-probe.ts')).httpProbe({ path, host, expect })
  }
  if (type === 'grpc') return (await import('../health/grpc-probe.ts')).grpcProbe({ service, host })
  return (await import('../health/tcp-probe.ts')).tcpProbe
}
