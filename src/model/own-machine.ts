// Addresses that mean this machine, or only its own links: whoever may name endpoints without being trusted with the machine must not
// reach what listens there for its owner alone, such as the admin address, or what a provider tells machines about themselves.

import { BlockList, isIPv6 } from 'node:net'

/** What the API server of Kubernetes refuses as addresses of EndpointSlices. */
const OWN = new BlockList()
OWN.addSubnet('0.0.0.0', 8)
OWN.addSubnet('127.0.0.0', 8)
OWN.addSubnet('169.254.0.0', 16)
OWN.addSubnet('224.0.0.0', 4)
OWN.addSubnet('240.0.0.0', 4)
OWN.addSubnet('::', 128, 'ipv6')
OWN.addSubnet('::1', 128, 'ipv6')
OWN.addSubnet('fe80::', 10, 'ipv6')
OWN.addSubnet('ff00::', 8, 'ipv6')

/** Of an IP address without port; IPv4 written as IPv6 is IPv4. */
export function isOwnMachine(address: string): boolean {
  return OWN.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
