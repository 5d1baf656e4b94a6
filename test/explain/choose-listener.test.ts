// Which listener a URL means.

import t from 'tap'
import { type BoundListener, chooseListener } from '../../src/explain/choose-listener.ts'
import { requestBytes } from '../../src/explain/read-request.ts'
import type { ServedListener } from '../../src/model/snapshot.ts'
import { fakeListener } from '../support/fake-exchange.ts'

const serving =
  (...hosts: readonly string[]) =>
  (host: string): boolean =>
    hosts.includes(host)

const LISTENERS = new Map<string, ServedListener>(
  [
    fakeListener({ name: 'web' }),
    fakeListener({ name: 'inner', servesHost: serving('inner.test') }),
    fakeListener({ name: 'alt', servesHost: serving('alt.test') }),
  ].map((listener) => [listener.name, listener]),
)
const BOUND: readonly BoundListener[] = [
  { listener: 'web', address: '0.0.0.0:80' },
  { listener: 'inner', address: '127.0.0.1:8080' },
  { listener: 'alt', address: '127.0.0.2:8080' },
  { listener: 'alt', address: '[::1]:8081' },
  { listener: 'inner', address: 'unix:/run/x.sock' },
]

function chosen(url: string, named: string | null = null, listeners = LISTENERS): string {
  const headers = url.startsWith('/') ? ([['host', 'inner.test']] as const) : []
  const bytes = requestBytes({ method: 'GET', url, headers, listener: named, client: null, seed: null })
  if (typeof bytes === 'string') throw new Error(bytes)
  const choice = chooseListener({ listeners, upstreams: new Map() }, BOUND, bytes, named)
  return typeof choice === 'string' ? choice : `${choice.listener.name}: ${choice.why}`
}

t.test('where the URL points', async (t) => {
  t.equal(chosen('http://any.test/'), 'web: it is bound to port 80')
  t.equal(chosen('http://127.0.0.1:8080/'), 'inner: it is bound to port 8080')
  t.equal(chosen('http://127.0.0.2:8080/'), 'alt: it is bound to port 8080')
  t.equal(chosen('http://127.0.0.9/'), 'web: it is bound to port 80', 'bound to every address')
  t.equal(chosen('http://[::1]:8081/'), 'alt: it is bound to port 8081')
  t.equal(chosen('http://alt.test:8080/'), 'alt: it is bound to port 8080', 'of several the one that serves the host')
  t.equal(chosen('http://none.test:8080/'), 'inner: it is bound to port 8080', 'else the first, as the port says')
})

t.test('where it points to nobody', async (t) => {
  t.equal(chosen('http://inner.test:9/'), 'web: none is bound to port 9, and it is the first that serves this host')
  t.equal(chosen('https://inner.test/'), 'web: none is bound to port 443, and it is the first that serves this host')
  t.equal(chosen('/'), 'web: it is the first that serves this host')
  const [, ...some] = LISTENERS
  t.equal(
    chosen('http://alt.test/', null, new Map(some)),
    'alt: none is bound to port 80, and it is the first that serves this host',
  )
  t.equal(
    chosen('http://x.test/', null, new Map(some)),
    'inner: none is bound to port 80, and none serves this host: it is the first',
  )
  t.equal(chosen('http://x.test:9/', null, new Map(some.slice(0, 1))), 'inner: it is the only one')
  t.equal(chosen('http://x.test/', null, new Map()), 'there is no listener')
})

t.test('by name', async (t) => {
  t.equal(chosen('http://any.test/', 'alt'), 'alt: it was named')
  t.equal(chosen('http://any.test/', 'nope'), 'there is no listener "nope"')
})
