// Who else gets requests: mirrors, and who stands in for a Service without endpoints.

import { isIP } from 'node:net'
import { upstreamSchema } from '../../../../config/upstream-schema.ts'
import { isOwnMachine } from '../../../../model/own-machine.ts'
import type { Draft } from '../draft.ts'
import { differs, exact, type Theme, theme } from '../entry.ts'
import { type ObjectName, objectName, onOff, type Reader, wrong } from '../values.ts'

const TARGET = /^(https?):\/\/([a-zA-Z0-9.-]+|\[[0-9a-fA-F:.]+\])(?::(\d{1,5}))?(\/?)(\$request_uri)?$/

const target: Reader<string> = (written) =>
  TARGET.test(written) ? written : wrong('a URL such as https://test.example$request_uri, without a path of its own')

const host: Reader<string> = (written) =>
  /^[a-zA-Z0-9]([-a-zA-Z0-9.]*[a-zA-Z0-9])?(:\d{1,5})?$/.test(written) ? written : wrong('a host, without variables')

export const copies: Theme = theme(
  'Copies and stand-ins',
  {
    'mirror-target': differs(
      target,
      '`mirror` of the routes: path and query are those of the request, a copy never holds the request up, and one with a body above 64 KiB is not made',
      'https://test.example$request_uri',
    ),
    'mirror-host': exact(host, 'Host of the copies; that of the target where it is not given', 'test.example'),
    'mirror-request-body': differs(onOff, '`off`: requests with a body are not copied at all', 'on'),
    'default-backend': differs(
      objectName,
      '`failover` of the upstreams, to the first port of the Service: also where every endpoint is out, not only where there is none; no headers are added',
      'sorry',
    ),
  },
  (values, draft) => {
    const to = values['mirror-target']
    const spare = values['default-backend']
    const unmade =
      to === undefined ? null : mirror(draft, to, values['mirror-host'] ?? null, values['mirror-request-body'] ?? true)
    if (unmade !== null) draft.refuse('mirror-target', unmade, 'InvalidAnnotation')
    if (values['mirror-request-body'] === true) draft.exact('mirror-request-body')
    const missing = spare === undefined ? null : standIn(draft, spare)
    if (missing !== null) draft.refuse('default-backend', missing)
  },
)

/** What is wrong with the target. */
function mirror(draft: Draft, to: string, host: string | null, bodies: boolean): string | null {
  const [, scheme, name = '', digits, , uri] = TARGET.exec(to) ?? []
  const port = Number(digits ?? (scheme === 'https' ? 443 : 80))
  const address = name.replace(/^\[(.*)\]$/, '$1')
  // Whatever is no address is a name: the system's own reading takes 127.1 and 2130706433 for addresses.
  const isName = isIP(address) === 0
  if (!isName && isOwnMachine(address))
    return `${name} means the machine of the gateway or its links, which nobody's copies are sent to`
  const read = upstreamSchema.safeParse({
    discovery: isName ? { dns: { name, port, local: false } } : { static: [`${name}:${port}`] },
    host: host ?? (digits === undefined ? name : `${name}:${digits}`),
    ...(scheme === 'https' ? { tls: { verify: false, ...(isName ? { serverName: name } : {}) } } : {}),
  })
  if (!read.success) return read.error.issues.map(({ message }) => message).join('; ')
  if (uri === undefined) draft.differs('mirror-target', 'copies have the path and query of the request, as with $request_uri')
  const upstream = `ingress/${draft.meta.namespace}/${draft.meta.name}/mirror`
  draft.upstreams.set(upstream, read.data)
  draft.route.mirror = { upstream, ...(bodies ? {} : { bodyBytes: 0 }) }
  return null
}

/** What is wrong with the Service. */
function standIn(draft: Draft, { namespace, name }: ObjectName): string | null {
  const own = draft.meta.namespace
  if (namespace !== '' && namespace !== own) return `a Service of another namespace (${namespace}) is not used`
  const [port] = draft.look.service(own, name)?.ports ?? []
  if (port === undefined) return `there is no Service ${own}/${name} with a port`
  const made = draft.look.upstream(own, name, port)
  if (typeof made === 'string') return made
  for (const { name, config } of [made.upstream, ...made.standIns]) draft.upstreams.set(name, config)
  draft.upstream.failover = [made.upstream.name]
  return null
}
