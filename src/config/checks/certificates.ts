// Warnings about certificates that can be read, and still do not do what they are there for. For configurations whose files are read.

import { X509Certificate } from 'node:crypto'
import type { GatewayConfig, ListenerConfig, PemConfig } from '../model.ts'
import { CERTIFICATE } from '../pem-files.ts'
import { type Finding, finding, type Path } from '../problem.ts'

export function doubtCertificates({ listeners }: GatewayConfig): Finding[] {
  return listeners.flatMap((listener, index) => doubtListener(listener, ['listeners', index]))
}

function doubtListener({ tls, hosts }: ListenerConfig, at: Path): Finding[] {
  // Others bring them.
  if (tls === null || tls.certificates.length === 0) return []
  const shown = tls.certificates.map(({ cert }) => chainOf(cert)[0])
  const found: Finding[] = []
  const kinds = new Set<string>()
  for (const [index, { cert, hosts: shownFor }] of tls.certificates.entries()) {
    const leaf = shown[index]
    const doubt = (message: string) =>
      found.push(finding([...at, 'tls', 'certificates', index, 'cert'], `${nameOf(cert)} ${message}`))
    if (leaf === undefined) continue
    const names = leaf.subjectAltName
    if (names === undefined) doubt('has no subjectAltName: no client takes it for any name')
    if (leaf.keyUsage !== undefined && !leaf.keyUsage.some((usage) => FOR_SERVERS.includes(usage)))
      doubt('is not meant for servers (extended key usage): clients refuse it')
    const kind = `${leaf.publicKey.asymmetricKeyType} ${shownFor ?? names}`
    if (names !== undefined && kinds.has(kind))
      doubt('is never shown: one before it has the same names and the same kind of key')
    kinds.add(kind)
  }
  for (const [index, host] of hosts.entries()) {
    const name = host.replace(/^\*/, 'any')
    if (shown.some((leaf) => leaf?.checkHost(name, { subject: 'never' }) !== undefined)) continue
    const so = tls.strictSni ? 'its handshakes are refused' : 'clients are shown one for another name, and refuse it'
    found.push(finding([...at, 'hosts', index], `no certificate is for ${host}: ${so}`))
  }
  return [...found, ...doubtClientCas(tls.clientAuth.ca, [...at, 'tls', 'clientAuth', 'ca'])]
}

const nameOf = ({ file }: PemConfig): string => (file === '' ? 'the text here' : file)

/** Server authentication and any purpose. */
const FOR_SERVERS: readonly string[] = ['1.3.6.1.5.5.7.3.1', '2.5.29.37.0']

function doubtClientCas(pem: PemConfig | null, at: Path): Finding[] {
  if (pem === null) return []
  const idle = chainOf(pem).findIndex((each) => !each.ca && !each.checkIssued(each))
  if (idle === -1) return []
  const message = `certificate ${idle + 1} of ${nameOf(pem)} is not one of a CA: it has issued no client's certificate`
  return [finding(at, message)]
}

function chainOf({ pem }: PemConfig): X509Certificate[] {
  return (pem.match(CERTIFICATE) ?? []).map((text) => new X509Certificate(text))
}
