// Keys and words of features that are not built: refused by name where they stand, whatever is inside them.

import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'

const LISTENER = '{ name: web, bind: "127.0.0.1:80", KEY }'
const ROUTE = '{ name: r, to: app, KEY }'
const UPSTREAM = '{ discovery: { static: ["127.0.0.1:3000"] }, KEY }'

const text = (listener: string, route: string, upstream: string, top: string): string =>
  `listeners:\n  - ${listener}\nroutes:\n  - ${route}\nupstreams:\n  app: ${upstream}\n${top}\n`.replaceAll(', KEY', '')

const PLACES: Readonly<Record<string, (key: string) => string>> = {
  top: (key) => text(LISTENER, ROUTE, UPSTREAM, key),
  listener: (key) => text(LISTENER.replace('KEY', key), ROUTE, UPSTREAM, ''),
  route: (key) => text(LISTENER, ROUTE.replace('KEY', key), UPSTREAM, ''),
  upstream: (key) => text(LISTENER, ROUTE, UPSTREAM.replace('KEY', key), ''),
}

const NOT_YET: Readonly<Record<string, readonly string[]>> = {
  top: [],
  listener: [],
  route: [],
  upstream: [],
}

for (const [place, keys] of Object.entries(NOT_YET)) {
  for (const key of keys) {
    t.test(`${place}: ${key}`, async (t) => {
      const written = PLACES[place]?.(key) ?? ''
      const parsed = parseConfig([{ name: 'f', text: written }])
      const name = key.replace(/:.*/, '')
      t.match('errors' in parsed && parsed.errors, [{ message: `${name} is not supported yet` }])
      const [error] = 'errors' in parsed ? parsed.errors : []
      const line = written.split('\n')[(error?.line ?? 0) - 1]
      t.ok(line?.slice((error?.column ?? 0) - 1).startsWith(`${name}:`), 'the position is that of the key')
    })
  }
}

const INSIDE: readonly (readonly [text: string, message: string])[] = [
  [
    PLACES.listener?.('protocol: https, tls: { certificates: [{ cert: a.pem, key: a.key }], acme: off }') ?? '',
    'acme is not supported yet',
  ],
  [PLACES.route?.('filters: [{ compress: {} }]') ?? '', 'compress is not supported yet'],
  [text(LISTENER, '{ name: r, to: [{ upstream: app, filters: [{ jwt: 1 }] }] }', UPSTREAM, ''), 'jwt is not supported yet'],
]

for (const [written, message] of INSIDE) {
  t.test(message, async (t) => {
    const parsed = parseConfig([{ name: 'f', text: written }])
    t.same('errors' in parsed && parsed.errors.map((error) => error.message), [message])
  })
}
