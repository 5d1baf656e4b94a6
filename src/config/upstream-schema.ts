// `upstreams`: named sets of endpoints, how one is chosen and how it is connected to.

import * as z from 'zod'
import { adaptive } from './adaptive-schema.ts'
import { upstreamHost } from './addresses.ts'
import { balancerSchema } from './balancer-schema.ts'
import { breaker } from './breaker-schema.ts'
import { discovery } from './discovery-schema.ts'
import { ERRORS, ejection, panic, priorities, slowStart } from './ejection-schema.ts'
import { health } from './health-schema.ts'
import { checkConnecting, proxyProtocolOut, upstreamProtocol, upstreamTls } from './tls-schema.ts'
import { duration, durationOrOff, integer, integerOrOff, name } from './values.ts'
import { block, defaulted } from './written.ts'
import { zone } from './zone-schema.ts'

const connection = defaulted({
  connectTimeout: duration().prefault('2s').describe('Until a connection stands; over: the next endpoint, or 504.'),
  keepAlive: durationOrOff().prefault('60s').describe('How long an idle connection is kept.'),
  maxIdlePerEndpoint: integer(0, 65535)
    .prefault(64)
    .describe('Idle connections that are kept to one endpoint; above it they are closed after one second, with 0 at once.'),
  maxRequests: integerOrOff(1, 2 ** 31)
    .prefault('off')
    .describe('Requests after which a connection is closed.'),
  tcpKeepAlive: durationOrOff(1000).prefault('30s').describe('Idle time before TCP keep-alive probes.'),
})

const limits = defaulted({
  connections: integer(1, 1_000_000).prefault(1024).describe('Open connections to all endpoints; above: wait.'),
  pending: integer(0, 1_000_000).prefault(1024).describe('Requests that may wait; above: 503.'),
  requests: integer(1, 10_000_000).prefault(4096).describe('Running requests; above: wait.'),
  pendingTimeout: duration().prefault('5s').describe('The longest that a request may wait; over: 503.'),
})

/** By their key. */
export const upstreamKeys = {
  discovery: discovery.describe('Where the endpoints come from: one of these.'),
  host: upstreamHost()
    .prefault('preserve')
    .describe('The Host that endpoints get: as it came, the address of the endpoint, or a literal.'),
  balancer: balancerSchema
    .prefault('round-robin')
    .describe('How an endpoint is chosen: the name of an algorithm, or a block with it as type.'),
  connection: connection.describe('Connections to endpoints.'),
  limits: limits.describe('What all endpoints together are given; each worker has its share.'),
  protocol: upstreamProtocol
    .prefault('http1')
    .describe('What is spoken to endpoints: HTTP/1.1; HTTP/2, also without TLS; or what they choose in the TLS handshake.'),
  tls: upstreamTls.optional().describe('TLS to endpoints; {} = with the defaults; left out: none.'),
  proxyProtocol: proxyProtocolOut
    .prefault('off')
    .describe('The PROXY header that tells endpoints the address of the client; a connection then serves one client.'),
  slowStart,
  zone,
  priorities,
  panic,
  health,
  ejection,
  breaker,
  adaptive,
  failover: z
    .array(name())
    .prefault([])
    .describe(
      'Upstreams to use, in order, when this one has no usable endpoint; panic applies only when none of them has one either.',
    ),
}

export const upstreamSchema = block(upstreamKeys).transform(
  (
    {
      discovery,
      host,
      protocol,
      tls,
      proxyProtocol,
      balancer,
      connection,
      limits,
      slowStart,
      priorities,
      panic,
      ejection,
      breaker,
      adaptive,
      failover,
      health,
      zone,
    },
    context,
  ) => {
    checkConnecting({ discovery, protocol, tls: tls ?? null }, context)
    return {
      discovery,
      host,
      protocol,
      tls: tls ?? null,
      proxyProtocol,
      balancer,
      connection,
      limits,
      slowStart,
      priorities,
      panic,
      ejection,
      breaker: breaker === null ? null : { ...breaker, on: ejection?.on ?? ERRORS },
      adaptive,
      failover,
      health,
      zone,
    }
  },
)
