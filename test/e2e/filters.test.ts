// Filters on real sockets, one after the other and together.

import { scene } from '../support/gateway.ts'

scene(
  'requestHeaders: remove, then set, then add',
  {
    route: {
      filters: [
        {
          requestHeaders: {
            remove: ['x-gone'],
            set: { 'x-set': `\${request.method} \${request.path}`, 'X-Gone': 'back' },
            add: { 'x-add': '2' },
          },
        },
      ],
    },
  },
  async (t, { gateway, endpoint }) => {
    const client = await gateway.client()
    await client.ask('GET /a%20b?q=1', ['X-Gone: 1', 'x-gone: 2', 'x-set: 1', 'x-add: 1', 'x-kept: 1'])
    const { fields } = await endpoint.request()
    t.match(fields, { 'x-gone': 'back', 'x-set': 'GET /a%20b', 'x-add': '1, 2', 'x-kept': '1', host: 'a.test' })
  },
)

scene(
  'responseHeaders: on answers of endpoints and on those made here',
  { route: { filters: [{ responseHeaders: { remove: ['server'], set: { 'x-a': '1' }, add: { vary: 'x-b' } } }] } },
  async (t, { gateway, endpoint }) => {
    endpoint.script = (_request, connection, phase) => {
      if (phase === 'end') connection.answer('hello', ['Server: secret', 'X-A: 0', 'Vary: accept'])
    }
    const client = await gateway.client()
    const response = await client.ask('GET /')
    t.match(response.fields, { 'x-a': '1', vary: 'accept, x-b', 'content-length': '5' })
    t.equal(response.fields.server, undefined)
    t.equal(response.body, 'hello')
    endpoint.script = (_request, { socket }, phase) => {
      if (phase === 'end') socket.resetAndDestroy()
    }
    const failed = await client.ask('POST /', ['content-length: 0'])
    t.equal(failed.status, 502)
    t.match(failed.fields, { 'x-a': '1', vary: 'x-b', 'x-headgate-reason': 'reset' })
  },
)
