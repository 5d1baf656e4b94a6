// `listeners` back in the form in which they are written.

import { listenerSchema } from '../listener-schema.ts'
import type { Http2Limits, ListenerConfig, ListenerLimits, ListenerTimeouts, ListenerTlsConfig, PathsConfig } from '../model.ts'
import { inside, type Keys, type Written, writeBlock } from './block.ts'
import type { Places } from './files.ts'
import { duration, given, or, same, size } from './values.ts'

const DEFAULT = listenerSchema.parse({ name: 'x', bind: '127.0.0.1:1' })
const DEFAULT_TLS = listenerSchema.parse({ name: 'x', bind: '127.0.0.1:1', protocol: 'https', tls: {} })
  .tls as ListenerTlsConfig

const LIMITS: Keys<ListenerLimits> = {
  connections: same,
  headerBytes: size,
  headerCount: same,
  requestLine: size,
  bodyBytes: or('off', size),
  requestsPerConnection: or('off', same),
}

const TIMEOUTS: Keys<ListenerTimeouts> = {
  handshake: or('off', duration),
  header: or('off', duration),
  body: or('off', duration),
  keepAlive: or('off', duration),
  write: or('off', duration),
  minRate: or('off', same),
}

const HTTP2: Keys<Http2Limits> = { concurrentStreams: same, streamWindow: size, connectionWindow: size }

const PATHS: Keys<PathsConfig> = { mergeSlashes: same, encodedSlash: same, caseSensitive: same }

function tlsKeys({ pem }: Places, at: string): Keys<ListenerTlsConfig> {
  return {
    certificates: (certificates) =>
      certificates.map(({ cert, key, hosts }, i) => ({
        cert: pem(cert, `${at}/certificates/${i}/cert`),
        key: pem(key, `${at}/certificates/${i}/key`),
        ...(hosts === undefined ? {} : { hosts }),
      })),
    minVersion: same,
    ciphers: or('default', same),
    alpn: same,
    strictSni: same,
    clientAuth: (clientAuth) =>
      writeBlock(
        clientAuth,
        { mode: same, ca: (ca) => (ca === null ? undefined : pem(ca, `${at}/clientAuth/ca`)), forward: same },
        DEFAULT_TLS.clientAuth,
      ),
  }
}

export function writeListener(listener: ListenerConfig, places: Places): Written {
  const at = `listeners/${listener.name}/tls`
  const keys: Keys<ListenerConfig> = {
    name: same,
    bind: (bind) => (bind.length === 1 ? bind[0] : bind),
    hosts: same,
    protocol: same,
    proxyProtocol: same,
    tls: (tls) => given(tls && writeBlock(tls, tlsKeys(places, at), DEFAULT_TLS)),
    paths: inside(PATHS, DEFAULT.paths),
    clientClose: same,
    limits: inside(LIMITS, DEFAULT.limits),
    timeouts: inside(TIMEOUTS, DEFAULT.timeouts),
    http2: same,
    http2Limits: inside(HTTP2, DEFAULT.http2Limits),
  }
  const { name: _name, bind: _bind, ...defaults } = DEFAULT
  return writeBlock(listener, keys, defaults)
}
