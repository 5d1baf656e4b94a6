import t from 'tap'
import { redact } from '../../src/admin/redact.ts'

t.test('secrets are hidden, wherever they stand and however they are written', async (t) => {
  t.same(redact({ admin: { token: { env: 'T' }, bind: 'x' }, a: [{ secret: 's', clientSecret: { file: 'f' } }] }), {
    admin: { token: '***', bind: 'x' },
    a: [{ secret: '***', clientSecret: '***' }],
  })
  t.same(redact({ apiKey: { keys: [{ name: 'alice', key: 'k' }] }, basicAuth: { users: 'a:b', realm: 'r' } }), {
    apiKey: { keys: [{ name: 'alice', key: '***' }] },
    basicAuth: { users: '***', realm: 'r' },
  })
  t.same(redact({ requestHeaders: { set: { Authorization: 'Bearer x', 'x-a': '1' } } }), {
    requestHeaders: { set: { Authorization: '***', 'x-a': '1' } },
  })
  t.same(redact({ otlp: { endpoint: 'x', headers: { 'x-team': 'k' } } }), { otlp: { endpoint: 'x', headers: '***' } })
  t.same(redact({ scope: { redis: 'redis://user:hush@host:1/0' } }), { scope: { redis: 'redis://user:***@host:1/0' } })
})

t.test('what a route asks requests for, and options of filters, as the normalised form has them', async (t) => {
  const asks = (name: string) => ({ name, match: { type: 'exact', value: 'v1' } })
  const hides = (name: string) => ({ name, match: { type: 'exact', value: '***' } })
  const present = { name: 'cookie', match: { type: 'present', value: true } }
  t.same(
    redact({
      headers: [asks('authorization'), asks('x-env'), present],
      query: [asks('access_token')],
      cookies: [asks('beta')],
    }),
    {
      headers: [hides('authorization'), asks('x-env'), present],
      query: [hides('access_token')],
      cookies: [asks('beta')],
    },
  )
  t.same(
    redact([
      { name: 'a route', match: [{ headers: [asks('x-api-key')] }] },
      { name: 'token', match: [] },
    ]),
    [
      { name: 'a route', match: [{ headers: [hides('x-api-key')] }] },
      { name: 'token', match: [] },
    ],
  )
  t.same(
    redact([
      { type: 'apiKey', options: { keys: [{ name: 'alice', key: 'k' }] } },
      { type: 'basicAuth', options: { users: 'a:b' } },
    ]),
    [
      { type: 'apiKey', options: { keys: [{ name: 'alice', key: '***' }] } },
      { type: 'basicAuth', options: { users: '***' } },
    ],
  )
})

t.test('what is no secret stays as it is', async (t) => {
  const config = {
    admin: { token: null },
    balancer: { type: 'ring-hash', key: { header: 'x-user' } },
    tls: { key: 'a.key' },
    jwks: 'https://idp/jwks.json?a=b:c@d',
    upstreams: { token: undefined, list: [1, true, null] },
  }
  t.same(redact(config), { ...config, upstreams: { token: '***', list: [1, true, null] } })
})

t.test('long texts are read once', async (t) => {
  const long = 'x'.repeat(1_000_000)
  const hidden = redact({ body: `${long} redis://user:hush@host/ ${long}`, plain: long }) as { body: string; plain: string }
  t.ok(hidden.body === `${long} redis://user:***@host/ ${long}`)
  t.ok(hidden.plain === long)
  t.ok(redact(`a://${long}`) === `a://${long}`)
  t.equal(redact(`${'s'.repeat(50)}://user:hush@host`), `${'s'.repeat(50)}://user:***@host`)
})
