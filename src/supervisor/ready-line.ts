// The one line that says that the gateway is ready, for people and for programs that start it.

import type { InForce } from './control.ts'
import type { ListenerAddress } from './plane.ts'

/** `headgate ready: web=http://127.0.0.1:8080 admin=http://127.0.0.1:9901 workers=2 revision=0123456789ab`. */
export function readyLine(
  addresses: readonly ListenerAddress[],
  admin: string | null,
  workers: number,
  { config, revision }: InForce,
): string {
  const listeners = config.listeners.map(({ name, protocol, bind: binds }) => {
    // By bind, not by name: listeners may share an address.
    const found = binds.flatMap((bind) => addresses.find((address) => address.bind === bind)?.address ?? [])
    return `${name}=${found.map((address) => urlOf(protocol, address)).join(',')}`
  })
  const words = [...listeners, ...(admin === null ? [] : [`admin=${admin}`]), `workers=${workers}`, `revision=${revision}`]
  return `headgate ready: ${words.join(' ')}\n`
}

/** A unix socket's address is not a URL of its own and stays as it is. */
export function urlOf(protocol: string, address: string): string {
  return address.startsWith('unix:') ? address : `${protocol}://${address}`
}
