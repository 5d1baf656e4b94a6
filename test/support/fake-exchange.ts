// Exchanges without a client connection, for units that only look at what was asked.

import { NO_ONLOOKER } from '../../src/model/access-record.ts'
import { ListenerCounters, ResponseCounters } from '../../src/model/counters.ts'
import { type Downstream, Exchange } from '../../src/model/exchange.ts'
import { Peer } from '../../src/model/peer.ts'
import type { ServedListener } from '../../src/model/snapshot.ts'

export function fakeListener(changes: Partial<ServedListener> = {}): ServedListener {
  return {
    name: 'web',
    protocol: 'http',
    proxyProtocol: 'off',
    tls: null,
    counters: new ListenerCounters(),
    route: () => null,
    consider: () => [],
    why: () => ({ value: null, why: '', rules: 0 }),
    hosts: [],
    servesHost: null,
    paths: { mergeSlashes: true, encodedSlash: 'reject' },
    clientClose: 'abort',
    limits: {
      connections: 10,
      headerBytes: 32768,
      headerCount: 128,
      requestLine: 8192,
      bodyBytes: null,
      requestsPerConnection: null,
    },
    timeouts: { handshake: null, header: null, body: null, keepAlive: null, write: null, minRate: null },
    http2: null,
    trusted: null,
    via: null,
    detail: true,
    access: null,
    accessByRoute: null,
    tracer: null,
    onlooker: NO_ONLOOKER,
    noRoute: new ResponseCounters('web', '', ''),
    ...changes,
  }
}

/** Whoever calls the client's side is told so. */
export function fakeDownstream(peer: Peer = new Peer('192.0.2.1', 8080, false, false)): Downstream {
  const refuse = (): never => {
    throw new Error('there is no client')
  }
  return {
    peer,
    congested: false,
    quick: true,
    respond: refuse,
    data: refuse,
    end: refuse,
    cut: refuse,
    informational: refuse,
    continue: refuse,
    answer: refuse,
    pauseBody: refuse,
    resumeBody: () => {},
  }
}

export function fakeExchange(changes: Partial<Exchange> = {}, downstream: Downstream = fakeDownstream()): Exchange {
  const x = new Exchange(downstream, fakeListener(), 0)
  return Object.assign(x, { method: 'GET', path: '/', host: 'a.test', authority: 'a.test' }, changes)
}
