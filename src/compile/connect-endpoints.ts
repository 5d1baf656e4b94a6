// How the endpoints of an upstream are connected to: from what is written to connectors, one per endpoint.

import type { DiscoveryConfig, UpstreamConfig, UpstreamTlsConfig } from '../config/model.ts'
import { Http1Connector } from '../http1/connector.ts'
import { Http2Connector } from '../http2/connector.ts'
import { NegotiatedConnector } from '../http2/negotiated-connector.ts'
import type { Connector } from '../model/connection.ts'
import type { Deadlines } from '../model/deadlines.ts'
import type { Destination } from '../model/dial.ts'
import { TlsClient, type TlsOptions } from '../model/tls-client.ts'
import type { Upstream } from '../model/upstream.ts'
import { authorityOf, hostOf, placeOf } from './place.ts'

/** The part of an upstream's configuration that its connections are made by: another one needs new connections. */
export class Transport {
  /** Equal text, equal connections. */
  readonly key: string
  readonly #protocol: UpstreamConfig['protocol']
  readonly #proxy: UpstreamConfig['proxyProtocol']
  readonly #tls: TlsClient | null
  /** Of every endpoint; '' = each has its own. */
  readonly #name: string

  constructor({ protocol, proxyProtocol, tls, discovery }: UpstreamConfig) {
    this.#name = nameOf(discovery)
    this.key = JSON.stringify([protocol, proxyProtocol, tls, this.#name])
    this.#protocol = protocol
    this.#proxy = proxyProtocol
    this.#tls = tls === null ? null : new TlsClient(tlsOptions(tls))
  }

  /** Of one address, with TLS sessions of its own. */
  destination(address: string): Destination {
    const place = placeOf(address)
    return { place, proxy: this.#proxy, tls: this.#tls?.endpoint(this.#name === '' ? hostOf(place) : this.#name) ?? null }
  }

  connector(upstream: Upstream, address: string, deadlines: Deadlines): Connector {
    const authority = authorityOf(address, this.#tls !== null)
    const destination = this.destination(address)
    const http1 = () => new Http1Connector(upstream, destination, authority, deadlines)
    const http2 = () => new Http2Connector(upstream, destination, authority, deadlines)
    if (this.#protocol === 'auto') return new NegotiatedConnector(upstream, destination, deadlines, http1(), http2())
    return this.#protocol === 'h2' ? http2() : http1()
  }
}

function tlsOptions({ ca, serverName, sans, cert, key, verify }: UpstreamTlsConfig): TlsOptions {
  return { ca: ca?.pem ?? null, serverName, sans, cert: cert?.pem ?? null, key: key?.pem ?? null, verify }
}

/** Addresses that were found are not what certificates are for: the name that was asked for is. */
function nameOf(discovery: DiscoveryConfig): string {
  if ('kubernetes' in discovery) return `${discovery.kubernetes.service}.${discovery.kubernetes.namespace}.svc`
  return 'dns' in discovery && discovery.dns.type === 'a' ? discovery.dns.name : ''
}
