// `status.loadBalancer` of an Ingress: where this gateway is reached.

import { isIP } from 'node:net'
import type { StatusAddressConfig } from '../../config/ingress-schema.ts'
import type { KeptService } from '../service.ts'
import type { StatusIntent } from '../translation.ts'
import type { KeptIngress } from './kinds.ts'

/** null = nothing is to be written: no address is configured, or the Service that has them is not there (yet). */
export function statusAddresses(
  settings: StatusAddressConfig,
  services: ReadonlyMap<string, KeptService>,
): readonly string[] | null {
  if ('addresses' in settings) return settings.addresses.length === 0 ? null : settings.addresses
  const { namespace, name } = settings.service
  return services.get(`${namespace}/${name}`)?.addresses ?? null
}

interface Shown {
  readonly ip?: string
  readonly hostname?: string
}

/** null = nothing is to be changed. */
export function statusIntent({ meta, status }: KeptIngress, addresses: readonly string[] | null): StatusIntent | null {
  if (addresses === null) return null
  const { loadBalancer, ...others } = Object(status) as { loadBalancer?: { ingress?: readonly Shown[] } }
  const there = loadBalancer?.ingress ?? []
  // Ports, which others may have written, are not looked at.
  const shown = ({ ip, hostname }: Shown, index: number): boolean => (ip || hostname) === addresses[index]
  if (there.length === addresses.length && there.every(shown)) return null
  const ingress = addresses.map((address) => (isIP(address) === 0 ? { hostname: address } : { ip: address }))
  return { current: status, wanted: { ...others, loadBalancer: { ingress } }, resourceVersion: meta.resourceVersion }
}
