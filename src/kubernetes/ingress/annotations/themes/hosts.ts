// Hosts: those that an Ingress has besides, and the one that endpoints see.

import { hostPattern, upstreamHost } from '../../../../config/addresses.ts'
import { exact, grave, type Theme, theme } from '../entry.ts'
import { list, type Reader, wrong } from '../values.ts'

const alias: Reader<string> = (written) => {
  if (written.startsWith('~')) return wrong('hosts; regular expressions are not served')
  const read = hostPattern().safeParse(written)
  return read.success ? read.data : wrong('hosts such as www.example.org or *.example.org')
}

const endpointHost: Reader<string> = (written) => {
  const read = upstreamHost().safeParse(written)
  return read.success && !['preserve', 'endpoint', ''].includes(written) ? written : wrong('a host, without variables')
}

export const hosts: Theme = theme(
  'Hosts',
  {
    'server-alias': exact(
      list(alias),
      'further hosts of every rule that has one, where nobody else serves them',
      'www.example.org',
    ),
    'upstream-vhost': grave(exact(endpointHost, '`host` of the upstream', 'internal.example')),
  },
  (values, draft) => {
    draft.aliases = [...new Set(values['server-alias'] ?? [])]
    if (values['upstream-vhost'] !== undefined) draft.upstream.host = values['upstream-vhost']
  },
)
