// Sends each tenant's requests to the tenant's own place: a header says who it is, the options say where that is.

import { definePlugin } from 'headgate/plugin'

export default definePlugin({
  name: 'tenant-routing',
  schema: {
    type: 'object',
    properties: {
      header: { type: 'string', default: 'x-tenant', description: 'The header that names the tenant.' },
      tenants: {
        type: 'object',
        minProperties: 1,
        additionalProperties: {
          type: 'object',
          properties: {
            prefix: { type: 'string', pattern: '^(/[A-Za-z0-9._~-]+)+$', description: 'Goes in front of the path.' },
            host: { type: 'string', description: 'The Host that the endpoint gets.' },
          },
          additionalProperties: false,
        },
      },
      fallback: { type: 'string', description: 'The tenant of requests that name none; without it they are refused.' },
    },
    required: ['tenants'],
    additionalProperties: false,
  },
  onRequest(exchange, { header, tenants, fallback }) {
    const { request } = exchange
    const name = request.headers.get(header) ?? fallback
    // A client chooses the text: only what the options themselves have counts, not what every object has (`constructor`).
    const tenant = name !== undefined && Object.hasOwn(tenants, name) ? tenants[name] : undefined
    if (name === undefined || tenant === undefined) return exchange.respond({ status: 403, body: 'unknown tenant\n' })
    if (tenant.prefix !== undefined) request.path = tenant.prefix + request.path
    if (tenant.host !== undefined) request.host = tenant.host
    request.headers.set(header, name)
  },
})
