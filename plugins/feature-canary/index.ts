// Lets a share of the visitors see a new version, and each of them always the same one: a cookie remembers the choice, a header
// tells the application.

import { randomInt } from 'node:crypto'
import { definePlugin } from 'headgate/plugin'
import { cookieOf } from './cookies.ts'

const CHOSEN = 'chosen'

export default definePlugin({
  name: 'feature-canary',
  schema: {
    type: 'object',
    properties: {
      feature: { type: 'string', pattern: '^[a-z0-9-]{1,40}$', description: 'Its name, also that of the cookie: canary-NAME.' },
      percent: { type: 'number', minimum: 0, maximum: 100, description: 'Share of the visitors without a cookie that see it.' },
      header: { type: 'string', default: 'x-feature', description: 'What the application gets: NAME=on or NAME=off.' },
      maxAge: { type: 'integer', minimum: 1, default: 2592000, description: 'Seconds for which the choice is remembered.' },
    },
    required: ['feature', 'percent'],
    additionalProperties: false,
  },
  onRequest(exchange, { feature, percent, header }) {
    const { headers } = exchange.request
    const known = cookieOf(headers.get('cookie'), `canary-${feature}`)
    const remembered = known === 'on' || known === 'off'
    const choice = remembered ? known : randomInt(10_000) < percent * 100 ? 'on' : 'off'
    if (!remembered) exchange.state.set(CHOSEN, choice)
    // `set`: what a client sends by itself does not count.
    headers.set(header, `${feature}=${choice}`)
  },
  onResponse(exchange, { feature, maxAge }) {
    const choice = exchange.state.get(CHOSEN)
    if (choice === undefined) return
    exchange.response.headers.add(
      'set-cookie',
      `canary-${feature}=${choice}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax`,
    )
  },
})
