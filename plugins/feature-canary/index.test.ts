// The plugin on a route of a whole gateway.

import t from 'tap'
import { startWithPlugin } from '../../test/support/plugin-gateway.ts'
import { cookieOf } from './cookies.ts'

const use = (percent: number) => ({ name: 'feature-canary', options: { feature: 'new-cart', percent } })

t.test('everybody and nobody', async (t) => {
  for (const [percent, choice] of [
    [100, 'on'],
    [0, 'off'],
  ] as const) {
    const { ask } = await startWithPlugin(t, import.meta.dirname, use(percent))
    const { seen, headers } = await ask('/', { 'x-feature': 'new-cart=maybe' })
    t.equal(seen?.headers['x-feature'], `new-cart=${choice}`)
    t.same(headers['set-cookie'], [`canary-new-cart=${choice}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax`])
  }
})

t.test('who has a cookie keeps what it says', async (t) => {
  const { ask } = await startWithPlugin(t, import.meta.dirname, use(0))
  const { seen, headers } = await ask('/', { cookie: 'a=b; canary-new-cart=on' })
  t.equal(seen?.headers['x-feature'], 'new-cart=on')
  t.equal(headers['set-cookie'], undefined, 'and gets no other')
  t.equal((await ask('/', { cookie: 'canary-new-cart=perhaps' })).seen?.headers['x-feature'], 'new-cart=off')
})

t.test('a share of the visitors', async (t) => {
  const { ask } = await startWithPlugin(t, import.meta.dirname, use(50))
  const seen = new Set<string | undefined>()
  // All alike 60 times is less likely than a broken machine.
  for (let i = 0; i < 60; i++) seen.add((await ask('/')).seen?.headers['x-feature'])
  t.same([...seen].sort(), ['new-cart=off', 'new-cart=on'])
})

t.test('one cookie of many', async (t) => {
  t.equal(cookieOf('a=1; b=2, c=3', 'b'), '2')
  t.equal(cookieOf('a=1; b=2, c=3', 'c'), '3')
  t.equal(cookieOf('ab=1', 'b'), null)
  t.equal(cookieOf(null, 'b'), null)
})
