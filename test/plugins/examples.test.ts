// config/examples/plugins.yaml as it is, but for its addresses.

import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { start, startMirror } from '../support/plugin-gateway.ts'

const EXAMPLE = join(import.meta.dirname, '..', '..', 'config', 'examples', 'plugins.yaml')

t.test('the example', async (t) => {
  const config = parse(readFileSync(EXAMPLE, 'utf8'))
  config.listeners[0].bind = '127.0.0.1:0'
  config.upstreams.app.discovery.static = [await startMirror(t)]
  for (const plugin of config.plugins) plugin.path = resolve(dirname(EXAMPLE), plugin.path)
  const { ask } = await start(t, config)
  t.equal((await ask('/api/orders', { 'x-tenant': 'acme' })).seen?.url, '/acme/api/orders')
  t.equal((await ask('/api/orders', { 'x-tenant': 'nobody' })).status, 403)
  const shop = await ask('/')
  t.match(shop.seen?.headers['x-feature'], /^new-cart=(on|off)$/)
  t.match(shop.headers['set-cookie'], [/^canary-new-cart=(on|off); /])
})
