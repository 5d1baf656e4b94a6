// `listeners`: one entry per bound socket.

import * as z from 'zod'
import { bindAddress, hostPattern } from './addresses.ts'
import { checkTaking, listenerTls, proxyProtocolIn } from './listener-tls-schema.ts'
import { boolean, durationOrOff, integer, integerOrOff, name, size, sizeOrOff } from './values.ts'
import { block, choice, defaulted, oneOrMore } from './written.ts'

const paths = defaulted({
  mergeSlashes: boolean().prefault(true).describe('Several slashes in a row count as one.'),
  encodedSlash: choice('paths.encodedSlash', ['reject', 'keep'])
    .prefault('reject')
    .describe('What happens to %2F and %5C in a path: refused with 400, or kept as they are, never a separator.'),
  caseSensitive: boolean().prefault(true).describe('Paths of routes are compared with case.'),
})

const limits = defaulted({
  connections: integer(1, 10_000_000).prefault(65536).describe('Open connections; further ones wait or are refused.'),
  headerBytes: size(256, 1024 ** 2)
    .prefault('32KiB')
    .describe('All header lines of a request, without the request line; above: 431.'),
  headerCount: integer(1, 10_000).prefault(128).describe('Header lines of a request; above: 431.'),
  requestLine: size(64, 1024 ** 2)
    .prefault('8KiB')
    .describe('The request line; above: 414.'),
  bodyBytes: sizeOrOff(0)
    .prefault('off')
    .describe('Request body: 413 before forwarding when its length is known, else when it is passed.'),
  requestsPerConnection: integerOrOff(1, 2 ** 31)
    .prefault(10000)
    .describe('Requests after which a kept connection is closed.'),
})

const timeouts = defaulted({
  handshake: durationOrOff().prefault('5s').describe('TLS handshake and PROXY header.'),
  header: durationOrOff()
    .prefault('10s')
    .describe(
      'The whole head: from accept or, on a kept connection, from its first byte; over: 408, or closed silently if no byte came.',
    ),
  body: durationOrOff().prefault('30s').describe('No progress of an unfinished request body while no response head has come.'),
  keepAlive: durationOrOff().prefault('75s').describe('Idle time between two requests of a connection.'),
  write: durationOrOff()
    .prefault('30s')
    .describe(
      'No progress of what the client should read. Less than minRate is none; of an HTTP/1.1 connection only the end of what waits (16 to 32 KiB) is seen.',
    ),
  minRate: integerOrOff(1, 2 ** 31)
    .prefault(240)
    .describe(
      'Bytes per second that a request body must reach after 10 s, and a client that reads an HTTP/2 stream within `write`.',
    ),
})

const http2Limits = defaulted({
  concurrentStreams: integer(1, 10_000).prefault(100).describe('Requests that run at once; further ones are refused unseen.'),
  streamWindow: size(1024, 16 * 1024 ** 2)
    .prefault('64KiB')
    .describe('Bytes of one request body that a client may send ahead.'),
  connectionWindow: size(65_535, 1024 ** 3)
    .prefault('1MiB')
    .describe('Bytes of all request bodies of a connection that a client may send ahead.'),
})

export const listenerSchema = block({
  name: name().describe('Unique among the listeners.'),
  bind: oneOrMore(bindAddress()).describe(
    'One address or a list of them: ip:port, [v6]:port, name:port or unix:/path; port 0 = any free one.',
  ),
  hosts: z
    .array(hostPattern())
    .prefault([])
    .describe('Hosts that are served here; empty = all. Another Host is answered 421 or 404.'),
  protocol: choice('protocol', ['http', 'https', 'tls', 'tcp'], [], {
    h2: 'http and https speak HTTP/2 as well',
    h2c: 'http speaks HTTP/2 as well',
    http2: 'http and https speak HTTP/2 as well',
    grpc: 'http and https carry gRPC',
    ssl: 'say https, or tls to pass it on as it is',
    ws: 'http carries WebSockets',
    wss: 'https carries WebSockets',
  })
    .prefault('http')
    .describe(
      'What is spoken on the socket; tls = bytes in TLS, chosen by the name it asks for: passed through, or ended here with a block tls; tcp = bytes.',
    ),
  paths: paths.describe('How paths are read.'),
  clientClose: choice('clientClose', ['abort', 'answer'])
    .prefault('abort')
    .describe(
      'What a client means that ends its side before its response is complete: it is gone, or it still waits for the answer.',
    ),
  limits: limits.describe('What one listener accepts.'),
  timeouts: timeouts.describe('How long it waits for a client.'),
  http2: boolean()
    .prefault(true)
    .describe('HTTP/2 is spoken too: by prior knowledge in cleartext, on the same port, and by ALPN where there is TLS.'),
  proxyProtocol: proxyProtocolIn
    .prefault('off')
    .describe(
      'Whether a PROXY header (v1 or v2) says who the client is: accept it, or require it. Only from trustedProxies; with require others are closed.',
    ),
  http2Limits: http2Limits.describe('What one HTTP/2 connection may do at once.'),
  tls: listenerTls
    .optional()
    .describe('Certificates and how TLS is spoken; for protocol https, and for tls that is ended here.'),
}).transform(({ tls, ...rest }, context) => {
  const listener = { ...rest, tls: tls ?? null }
  checkTaking({ protocol: listener.protocol, tls: listener.tls, http2: listener.http2 }, context)
  return listener
})
