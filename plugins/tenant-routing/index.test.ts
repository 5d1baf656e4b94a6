// The plugin on a route of a whole gateway.

import t from 'tap'
import { startWithPlugin } from '../../test/support/plugin-gateway.ts'

const TENANTS = { acme: { prefix: '/acme' }, globex: { host: 'globex.internal' } }
const use = (options: object) => ({ name: 'tenant-routing', options: { tenants: TENANTS, ...options } })

t.test('each tenant has its own place', async (t) => {
  const { ask } = await startWithPlugin(t, import.meta.dirname, use({}))
  const acme = await ask('/orders?page=2', { 'x-tenant': 'acme' })
  t.match(acme.seen, { url: '/acme/orders?page=2', headers: { 'x-tenant': 'acme' } })
  const globex = await ask('/orders', { 'x-tenant': 'globex' })
  t.match(globex.seen, { url: '/orders', headers: { host: 'globex.internal' } })
})

t.test('who is not in the list goes nowhere', async (t) => {
  const { ask } = await startWithPlugin(t, import.meta.dirname, use({}))
  for (const headers of [{}, { 'x-tenant': 'umbrella' }, { 'x-tenant': 'constructor' }, { 'x-tenant': 'acme, globex' }]) {
    t.match(await ask('/orders', headers), { status: 403, body: 'unknown tenant\n', seen: null })
  }
})

t.test('another header, and a fallback', async (t) => {
  const { ask } = await startWithPlugin(t, import.meta.dirname, use({ header: 'x-customer', fallback: 'acme' }))
  t.match((await ask('/', { 'x-customer': 'globex' })).seen, { url: '/', headers: { host: 'globex.internal' } })
  t.match((await ask('/', { 'x-tenant': 'globex' })).seen, { url: '/acme/', headers: { 'x-customer': 'acme' } })
})

t.test('options that do not fit', async (t) => {
  await t.rejects(startWithPlugin(t, import.meta.dirname, { name: 'tenant-routing' }), /missing key "tenants"/)
  const wrong = use({ tenants: { acme: { prefix: 'acme' } } })
  await t.rejects(startWithPlugin(t, import.meta.dirname, wrong), /options\.tenants\.acme\.prefix: must match pattern/)
})
