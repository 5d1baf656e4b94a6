// The header list of a request to an endpoint, from an exchange. RFC 9113 8.3.1.

import type { Exchange } from '../model/exchange.ts'
import { appendFields } from './fields.ts'

/** Flat, as node:http2 takes it. `fields` are those of the attempt, `authority` is the Host of the request. */
export function requestList(x: Exchange, fields: string, authority: string, scheme: 'http' | 'https'): string[] {
  const list = [':method', x.method, ':scheme', scheme, ':authority', authority, ':path', x.path + x.query]
  appendFields(list, fields)
  // gRPC asks for it, whether its client has said so or not.
  if (x.trailersAccepted || x.grpc) list.push('te', 'trailers')
  return list
}
